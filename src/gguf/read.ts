// Reading a GGUF file (versions 2 and 3, little-endian): metadata, then tensors one at a time.
// https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
import { type FileHandle, open } from 'node:fs/promises';
import { GptError, whyUnreadable } from '../errors.js';
import { refuseLfsPointer } from '../files/index.js';
import { dequantize } from './dequantize.js';
import { Metadata, type MetadataValue, valueTypes } from './metadata.js';
import { type BlockFormat, bytesOf, formatOf, formats } from './types.js';

export interface GgufTensor {
  readonly name: string;
  /** As torch counts: the last axis is contiguous. */
  readonly shape: readonly number[];
  readonly format: BlockFormat;
  /** In the file. */
  readonly position: number;
}

const magic = 0x46554747; // "GGUF"
/** Larger counts and lengths are a broken file. */
const most = { entries: 1 << 20, tensors: 1 << 20, string: 1 << 26, array: 1 << 24, rank: 4 };
const chunkBytes = 16 * 2 ** 20;

/** Reads a file from its beginning, in chunks. */
class Cursor {
  private chunk: DataView<ArrayBuffer> = new DataView(new ArrayBuffer(0));
  private start = 0;
  position = 0;

  constructor(
    private readonly handle: FileHandle,
    private readonly size: number,
    private readonly path: string,
  ) {}

  broken(what: string): GptError {
    return new GptError('gguf/format', `${this.path} is not a complete GGUF file: ${what}`);
  }

  /** The next `count` bytes, in a view whose `at` is their place. */
  private async next(count: number): Promise<{ view: DataView<ArrayBuffer>; at: number }> {
    if (this.position + count > this.size) throw this.broken(`it ends at byte ${this.size}, in its header`);
    const at = this.position - this.start;
    if (at + count > this.chunk.byteLength) {
      const bytes = new Uint8Array(Math.min(Math.max(count, 1 << 20), this.size - this.position));
      await readFully(this.handle, bytes, this.position, this.path);
      this.start = this.position;
      this.chunk = new DataView(bytes.buffer);
    }
    const found = { view: this.chunk, at: this.position - this.start };
    this.position += count;
    return found;
  }

  async uint32(): Promise<number> {
    const { view, at } = await this.next(4);
    return view.getUint32(at, true);
  }

  /** A count or a length. @param limit above it the file is broken */
  async count(limit: number, what: string): Promise<number> {
    const { view, at } = await this.next(8);
    const value = view.getBigUint64(at, true);
    if (value > BigInt(limit)) throw this.broken(`${what} is ${value}`);
    return Number(value);
  }

  async string(): Promise<string> {
    const length = await this.count(most.string, 'the length of a text');
    const { view, at } = await this.next(length);
    return new TextDecoder().decode(new Uint8Array(view.buffer, at, length));
  }

  async value(type: number): Promise<MetadataValue> {
    const kind = valueTypes[type];
    if (kind === undefined) throw this.broken(`a value has the type ${type}`);
    if (kind === 'string') return this.string();
    if (kind === 'array') return this.array();
    const size = { uint8: 1, int8: 1, bool: 1, uint16: 2, int16: 2, uint32: 4, int32: 4, float32: 4 }[kind as string];
    const { view, at } = await this.next(size ?? 8);
    switch (kind) {
      case 'uint8':
        return view.getUint8(at);
      case 'int8':
        return view.getInt8(at);
      case 'bool':
        return view.getUint8(at) !== 0;
      case 'uint16':
        return view.getUint16(at, true);
      case 'int16':
        return view.getInt16(at, true);
      case 'uint32':
        return view.getUint32(at, true);
      case 'int32':
        return view.getInt32(at, true);
      case 'float32':
        return view.getFloat32(at, true);
      case 'float64':
        return view.getFloat64(at, true);
      default:
        return safe(kind === 'uint64' ? view.getBigUint64(at, true) : view.getBigInt64(at, true));
    }
  }

  private async array(): Promise<MetadataValue[]> {
    const type = await this.uint32();
    const length = await this.count(most.array, 'the length of a list');
    const values: MetadataValue[] = [];
    for (let i = 0; i < length; i++) values.push(await this.value(type));
    return values;
  }
}

/** A number where it is exact. */
function safe(value: bigint): number | bigint {
  return BigInt.asIntN(54, value) === value ? Number(value) : value;
}

/** An open file. `close` it. */
export class GgufFile {
  private constructor(
    readonly path: string,
    private readonly handle: FileHandle,
    readonly metadata: Metadata,
    readonly tensors: ReadonlyMap<string, GgufTensor>,
  ) {}

  /** @throws GptError `gguf/format` for a file that is not GGUF or not complete, `gguf/type` for an unknown number format */
  static async open(path: string): Promise<GgufFile> {
    const handle = await open(path, 'r').catch((cause) => {
      throw new GptError('gguf/missing', `${path} cannot be read: ${whyUnreadable(cause)}`, { cause });
    });
    try {
      const stat = await handle.stat();
      if (stat.isDirectory()) throw new GptError('gguf/format', `${path} is a folder, expected a GGUF file`);
      const first = new Uint8Array(Math.min(64, stat.size));
      await readFully(handle, first, 0, path);
      refuseLfsPointer(first, path);
      const { metadata, tensors } = await readHeader(new Cursor(handle, stat.size, path), stat.size, path);
      return new GgufFile(path, handle, metadata, tensors);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** All numbers of a tensor as float32, row-major. */
  async read(name: string): Promise<Float32Array> {
    const tensor = this.tensors.get(name);
    if (!tensor) throw new GptError('gguf/tensor', `${this.path} has no tensor "${name}"`);
    const { shape, format, position } = tensor;
    const values = new Float32Array(shape.reduce((product, length) => product * length, 1));
    const bytes = bytesOf(format, values.length);
    const perChunk = Math.floor(chunkBytes / (4 * format.bytes)) * 4 * format.bytes;
    const chunk = new Uint8Array(Math.min(bytes, perChunk));
    for (let at = 0; at < bytes; at += chunk.length) {
      const part = chunk.subarray(0, Math.min(chunk.length, bytes - at));
      await readFully(this.handle, part, position + at, this.path);
      const numbers = (offset: number) => (offset / format.bytes) * format.size;
      dequantize(format, part, values.subarray(numbers(at), numbers(at + part.length)));
    }
    return values;
  }

  close(): Promise<void> {
    return this.handle.close();
  }
}

async function readHeader(cursor: Cursor, size: number, path: string) {
  if (size < 4 || (await cursor.uint32()) !== magic)
    throw new GptError('gguf/format', `${path} is not a GGUF file`, { hint: 'a GGUF file begins with "GGUF"' });
  const version = await cursor.uint32();
  if (version !== 2 && version !== 3) {
    const swapped = version > 0xffff ? ', it is big-endian' : '';
    throw new GptError('gguf/format', `${path} has version ${version} of GGUF${swapped}; 2 and 3 can be read`);
  }
  const tensorCount = await cursor.count(most.tensors, 'the number of tensors');
  const entryCount = await cursor.count(most.entries, 'the number of metadata entries');
  const values = new Map<string, MetadataValue>();
  for (let i = 0; i < entryCount; i++) {
    const key = await cursor.string();
    values.set(key, await cursor.value(await cursor.uint32()));
  }
  const metadata = new Metadata(values, path);
  const found: (Omit<GgufTensor, 'position'> & { offset: number })[] = [];
  for (let i = 0; i < tensorCount; i++) found.push(await readTensor(cursor, path));
  const alignment = metadata.size('general.alignment', 1 << 20, 32);
  const start = Math.ceil(cursor.position / alignment) * alignment;
  const tensors = new Map<string, GgufTensor>();
  for (const { offset, ...tensor } of found) {
    const position = start + offset;
    const end =
      position +
      bytesOf(
        tensor.format,
        tensor.shape.reduce((a, b) => a * b, 1),
      );
    if (tensors.has(tensor.name)) throw cursor.broken(`it has "${tensor.name}" twice`);
    if (end > size) throw cursor.broken(`"${tensor.name}" ends at byte ${end}, the file at ${size}`);
    tensors.set(tensor.name, { ...tensor, position });
  }
  return { metadata, tensors };
}

async function readTensor(cursor: Cursor, path: string) {
  const name = await cursor.string();
  const rank = await cursor.uint32();
  if (rank > most.rank) throw cursor.broken(`"${name}" has ${rank} axes`);
  const shape: number[] = [];
  for (let i = 0; i < rank; i++) shape.unshift(await cursor.count(2 ** 40, `an axis of "${name}"`));
  const id = await cursor.uint32();
  const offset = await cursor.count(2 ** 50, `the place of "${name}"`);
  const format = formatOf(id);
  if (!format) {
    throw new GptError('gguf/type', `${path}: "${name}" is in a number format (${id}) that cannot be read`, {
      hint: `formats that can be read: ${formats.map((each) => each.name).join(', ')}`,
    });
  }
  if ((shape.at(-1) ?? 1) % format.size !== 0) throw cursor.broken(`"${name}" is not made of whole blocks`);
  return { name, shape, format, offset };
}

async function readFully(handle: FileHandle, target: Uint8Array, position: number, path: string): Promise<void> {
  for (let done = 0; done < target.length; ) {
    const { bytesRead } = await handle.read(target, done, target.length - done, position + done);
    if (bytesRead === 0) throw new GptError('gguf/format', `${path} ended while it was read`);
    done += bytesRead;
  }
}

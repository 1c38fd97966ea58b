// Writing a GGUF file (version 3), tensor by tensor, complete or not at all.
import { GptError } from '../errors.js';
import { AtomicFile, explain } from '../files/index.js';
import { type MetadataValue, type ValueType, valueTypes } from './metadata.js';
import { quantize } from './quantize.js';
import { type BlockFormat, bytesOf } from './types.js';

export interface Entry {
  readonly key: string;
  readonly type: Exclude<ValueType, 'array'> | { readonly list: 'string' | 'int32' | 'float32' };
  readonly value: MetadataValue;
}

export interface TensorToWrite {
  readonly name: string;
  /** As torch counts. */
  readonly shape: readonly number[];
  readonly format: BlockFormat;
  /** Its numbers, row-major; asked for once, in the order of the list. */
  read(): Promise<Float32Array>;
}

const alignment = 32;
const aligned = (position: number) => Math.ceil(position / alignment) * alignment;
const countOf = (shape: readonly number[]) => shape.reduce((product, length) => product * length, 1);

/** Bytes of a header, one field after the other. */
class Header {
  private readonly parts: Buffer[] = [];

  uint32(value: number): void {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(value);
    this.parts.push(bytes);
  }

  uint64(value: number): void {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(BigInt(value));
    this.parts.push(bytes);
  }

  string(text: string): void {
    const bytes = Buffer.from(text);
    this.uint64(bytes.length);
    this.parts.push(bytes);
  }

  entry({ key, type, value }: Entry): void {
    this.string(key);
    if (typeof type === 'string') {
      this.uint32(valueTypes.indexOf(type));
      this.value(type, value);
      return;
    }
    const list = value as readonly MetadataValue[];
    this.uint32(valueTypes.indexOf('array'));
    this.uint32(valueTypes.indexOf(type.list));
    this.uint64(list.length);
    for (const each of list) this.value(type.list, each);
  }

  private value(type: ValueType, value: MetadataValue): void {
    if (type === 'string') {
      this.string(value as string);
      return;
    }
    const bytes = Buffer.alloc(type === 'bool' ? 1 : 4);
    if (type === 'uint32') bytes.writeUInt32LE(value as number);
    else if (type === 'bool') bytes.writeUInt8(value ? 1 : 0);
    else if (type === 'int32') bytes.writeInt32LE(value as number);
    else if (type === 'float32') bytes.writeFloatLE(value as number);
    else throw new Error(`values of type ${type} are not written`);
    this.parts.push(bytes);
  }

  bytes(): Buffer {
    return Buffer.concat(this.parts);
  }
}

/**
 * Writes or replaces a file.
 * @throws GptError `checkpoint/disk-full`, `checkpoint/not-writable`; what was there before stays
 */
export async function writeGguf(
  path: string,
  entries: readonly Entry[],
  tensors: readonly TensorToWrite[],
): Promise<void> {
  const header = new Header();
  header.uint32(0x46554747);
  header.uint32(3);
  header.uint64(tensors.length);
  header.uint64(entries.length);
  for (const entry of entries) header.entry(entry);
  let offset = 0;
  for (const { name, shape, format } of tensors) {
    header.string(name);
    header.uint32(shape.length);
    for (const length of [...shape].reverse()) header.uint64(length);
    header.uint32(format.id);
    header.uint64(offset);
    offset = aligned(offset + bytesOf(format, countOf(shape)));
  }
  const file = await AtomicFile.create(path).catch((error) => {
    throw explain(error, path);
  });
  try {
    const start = header.bytes();
    await file.write(start);
    await file.write(Buffer.alloc(aligned(start.length) - start.length));
    for (const { name, shape, format, read } of tensors) {
      const values = await read();
      if (values.length !== countOf(shape)) throw new Error(`"${name}" has ${values.length} numbers, not [${shape}]`);
      const stranger = values.findIndex((value) => !Number.isFinite(value));
      if (stranger >= 0)
        throw new GptError('export/numbers', `"${name}" holds ${values[stranger]}, which no number format should keep`);
      const bytes = quantize(format, values);
      await file.write(bytes);
      await file.write(Buffer.alloc(aligned(bytes.length) - bytes.length));
    }
  } catch (error) {
    await file.abandon();
    throw explain(error, path);
  }
  await file.commit().catch((error) => {
    throw explain(error, path);
  });
}

// Reading safetensors tensor by tensor: no more than one tensor and a small buffer is in memory at a time.
import { type FileHandle, open } from 'node:fs/promises';
import { basename } from 'node:path';
import { GptError, whyUnreadable } from '../../errors.js';
import { refuseLfsPointer } from '../../files/index.js';
import { isReadable, toFloat32 } from './dtype.js';
import { broken, type Header, headerEnd, parseHeader, type TensorEntry } from './header.js';

/** Bytes that are read at once. */
const chunkBytes = 16 * 2 ** 20;

/** One open file. */
export class SafetensorsFile {
  private closed = false;

  private constructor(
    readonly path: string,
    private readonly handle: FileHandle,
    readonly header: Header,
  ) {}

  /** @throws GptError `checkpoint/safetensors` for a file whose header and length do not fit each other */
  static async open(path: string): Promise<SafetensorsFile> {
    const handle = await openFile(path);
    try {
      const { size } = await handle.stat();
      const first = new Uint8Array(Math.min(64, size));
      await readFully(handle, first, 0, path);
      refuseLfsPointer(first, path);
      const end = headerEnd(path, first.subarray(0, 8), size);
      const json = new Uint8Array(end - 8);
      await readFully(handle, json, 8, path);
      const header = parseHeader(path, json, end, size);
      return new SafetensorsFile(path, handle, header);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  has(name: string): boolean {
    return this.header.tensors.has(name);
  }

  entry(name: string): TensorEntry {
    const entry = this.header.tensors.get(name);
    if (!entry) throw broken(this.path, `has no tensor "${name}"`);
    return entry;
  }

  /** All numbers of a tensor, row-major. F32, F16 and BF16 can be read. */
  async read(name: string): Promise<Float32Array> {
    const { dtype, shape, position, bytes } = this.entry(name);
    if (!isReadable(dtype)) {
      throw new GptError(
        'checkpoint/dtype',
        `"${name}" in ${basename(this.path)} is ${dtype}; F32, F16 and BF16 can be read`,
        {
          hint: 'save the model in one of these formats',
        },
      );
    }
    const values = new Float32Array(shape.reduce((product, size) => product * size, 1));
    if (dtype === 'F32') {
      await readFully(this.handle, new Uint8Array(values.buffer), position, this.path);
      return values;
    }
    const chunk = new Uint8Array(Math.min(bytes, chunkBytes));
    for (let at = 0; at < bytes; at += chunk.length) {
      const part = chunk.subarray(0, Math.min(chunk.length, bytes - at));
      await readFully(this.handle, part, position + at, this.path);
      toFloat32(part, dtype, values.subarray(at / 2, (at + part.length) / 2));
    }
    return values;
  }

  /** The bytes of a tensor of U8. */
  async readBytes(name: string): Promise<Uint8Array> {
    const { position, bytes } = this.entry(name);
    const values = new Uint8Array(bytes);
    await readFully(this.handle, values, position, this.path);
    return values;
  }

  /** Closing twice does nothing. */
  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    await this.handle.close();
  }
}

/** ENOENT comes through: what is missing depends on who asks. */
async function openFile(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') throw cause;
    throw new GptError('checkpoint/missing', `cannot read ${path}: ${whyUnreadable(cause)}`, { cause });
  }
}

/** Fills `target` from `position` on, in reads that every system allows (Linux reads at most 2 GiB at once). */
async function readFully(handle: FileHandle, target: Uint8Array, position: number, path: string): Promise<void> {
  for (let at = 0; at < target.length; ) {
    const length = Math.min(chunkBytes, target.length - at);
    const { bytesRead } = await handle.read(target, at, length, position + at);
    if (bytesRead === 0) throw broken(path, `became shorter while it was read (byte ${position + at})`);
    at += bytesRead;
  }
}

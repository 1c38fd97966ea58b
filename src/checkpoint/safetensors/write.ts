// Writing safetensors tensor by tensor, so that a model needs no second place in memory to be saved.
import type { FileHandle } from 'node:fs/promises';
import { bytesOf, fromFloat32, type ReadableDType } from './dtype.js';

export interface TensorSource {
  readonly name: string;
  readonly shape: readonly number[];
  /** Bytes; default: numbers, in the format of the file. */
  readonly dtype?: 'U8';
  /** Called once, when it is this tensor's turn. */
  read(): Promise<Float32Array | Uint8Array> | Float32Array | Uint8Array;
}

/** Bytes that are written at once. */
const chunkBytes = 16 * 2 ** 20;

/**
 * Writes tensors in the order given. The data begins at a multiple of 8 bytes.
 * @param format of the numbers
 * @param metadata strings for `__metadata__`; transformers wants `format: 'pt'`
 */
export async function writeSafetensors(
  handle: FileHandle,
  tensors: readonly TensorSource[],
  format: ReadableDType = 'F32',
  metadata: Readonly<Record<string, string>> = { format: 'pt' },
): Promise<void> {
  const header: Record<string, unknown> = { __metadata__: metadata };
  let end = 0;
  for (const { name, shape, dtype = format } of tensors) {
    if (Object.hasOwn(header, name)) throw new Error(`two tensors are called "${name}"`);
    const begin = end;
    end += sizeOf(shape) * bytesOf[dtype]!;
    header[name] = { dtype, shape, data_offsets: [begin, end] };
  }
  const json = Buffer.from(JSON.stringify(header));
  const padded = Math.ceil(json.length / 8) * 8;
  const head = Buffer.alloc(8 + padded, ' ');
  head.writeBigUInt64LE(BigInt(padded), 0);
  json.copy(head, 8);
  await writeFully(handle, head);

  for (const { name, shape, dtype = format, read } of tensors) {
    const values = await read();
    const size = sizeOf(shape);
    if (values.length !== size || values instanceof Uint8Array !== (dtype === 'U8'))
      throw new Error(`"${name}" has ${values.length} values, ${dtype} [${shape.join(', ')}] needs ${size}`);
    await writeFully(handle, values instanceof Uint8Array ? values : fromFloat32(values, format));
  }
}

const sizeOf = (shape: readonly number[]) => shape.reduce((product, size) => product * size, 1);

async function writeFully(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, at, Math.min(chunkBytes, bytes.length - at));
    at += bytesWritten;
  }
}

// gzip data to bytes, streaming. Knows no files.
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { GptError } from '../errors.js';

/**
 * Decompresses chunks, whose memory may be reused between reads; several members, one behind the other, are one file.
 * @param name what to call the source in errors
 * @throws GptError `dataset/gzip` where the data ends early or is broken, and whatever reading the chunks throws
 */
export async function* gunzip(chunks: AsyncIterable<Uint8Array | string>, name: string): AsyncGenerator<Uint8Array> {
  const decompressor = createGunzip();
  const copies = async function* () {
    let empty = true;
    for await (const chunk of chunks) {
      empty &&= chunk.length === 0;
      yield Buffer.from(chunk as Uint8Array);
    }
    if (empty) throw new GptError('dataset/gzip', `${name} is empty: not gzip data`);
  };
  const feeding = pipeline(Readable.from(copies(), { objectMode: false }), decompressor);
  feeding.catch(() => {}); // thrown where the result is read
  try {
    for await (const chunk of decompressor) yield chunk as Buffer;
  } catch (cause) {
    throw gzipError(cause, name);
  } finally {
    decompressor.destroy();
    await feeding.catch(() => {}); // the file is closed
  }
}

const problems: Readonly<Record<string, readonly [problem: string, hint: string]>> = {
  Z_BUF_ERROR: ['ends in the middle of the gzip data', 'the file is cut off: copy or download it again'],
  Z_DATA_ERROR: [
    'is no valid gzip data',
    'gzip -t says whether a file is whole; a file that is not compressed needs a name without .gz',
  ],
};

function gzipError(cause: unknown, name: string): unknown {
  const found = problems[(cause as NodeJS.ErrnoException).code ?? ''];
  if (!found) return cause;
  const [problem, hint] = found;
  return new GptError('dataset/gzip', `${name} ${problem}`, { hint, cause });
}

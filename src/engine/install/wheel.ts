// Reads wheels, which are zip files: their SHA-256, and the few files that are kept of them.
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Entry, openPromise } from 'yauzl';
import { GptError } from '../../errors.js';
import type { LibraryDescription } from './description.js';

/** Whether a file of a wheel is kept, by its path in it. */
export function isKept({ kept }: Pick<LibraryDescription, 'kept'>, path: string): boolean {
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
  library: Pick<LibraryDescription, 'kept'>,
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
        if (!isKept(library, entry.fileName)) continue;
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

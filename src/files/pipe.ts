// Named pipes, read without blocking: Node opens and reads them on a thread that cannot be interrupted, so that a program
// which waits for a writer could not be ended.
import { constants, fstatSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { statIfThere } from './stat.js';

const pollMilliseconds = 20;
const chunkBytes = 1 << 16;

/** Whether a path is a named pipe, such as the shell's `<(command)`, or a device: it can be read only once. */
export function isPipe(path: string): boolean {
  const stat = statIfThere(path);
  return stat !== undefined && (stat.isFIFO() || stat.isCharacterDevice());
}

/**
 * The bytes of a named pipe until its last writer closes it. Waits for the first writer. The chunks share one buffer.
 * @throws what `open` and `read` throw; the signal's reason
 */
export async function* readPipe(path: string, signal?: AbortSignal): AsyncGenerator<Buffer> {
  const handle = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const fifo = fstatSync(handle.fd).isFIFO();
    const buffer = Buffer.allocUnsafe(chunkBytes);
    for (let written = false; ; ) {
      signal?.throwIfAborted();
      const count = await readNow(handle, buffer);
      if (count === undefined)
        written = true; // there is a writer, and nothing to read yet
      else if (count > 0) {
        written = true;
        yield buffer.subarray(0, count);
        continue;
      } else if (written || !fifo) return;
      await pause(pollMilliseconds, undefined, signal && { signal });
    }
  } finally {
    await handle.close();
  }
}

async function readNow(handle: FileHandle, buffer: Buffer): Promise<number | undefined> {
  try {
    return (await handle.read(buffer, 0, buffer.length, null)).bytesRead;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return undefined;
    throw error;
  }
}

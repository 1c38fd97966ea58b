import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Makes a folder and those above it that are missing. Node's own `recursive` does not end where a folder exists and none can
 * be made in it because the system says that there is none (Linux: `/proc/x`).
 * @throws what `mkdir` throws
 */
export async function makeFolder(path: string): Promise<void> {
  const error = await attempt(path);
  if (error === undefined) return;
  if (error.code !== 'ENOENT' || dirname(path) === path) throw error;
  await makeFolder(dirname(path));
  const still = await attempt(path);
  if (still) throw still;
}

/** Why the folder is not there after trying. */
async function attempt(path: string): Promise<NodeJS.ErrnoException | undefined> {
  try {
    await mkdir(path);
    return undefined;
  } catch (error) {
    const found = await stat(path).catch(() => undefined);
    return found?.isDirectory() ? undefined : (error as NodeJS.ErrnoException);
  }
}

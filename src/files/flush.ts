// Flushes files and folders to the disk (fsync). Knows nothing of what they hold.
import { open, readdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';

/** A folder's entries: what was created, renamed or removed in it survives a power failure. */
export async function flushFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    // Folders cannot be flushed on Windows and on some network file systems.
    if (!['EPERM', 'EISDIR', 'EINVAL', 'EACCES', 'ENOTSUP'].includes((error as NodeJS.ErrnoException).code ?? ''))
      throw error;
  }
}

/** The folder that holds `path`. */
export function flushParent(path: string): Promise<void> {
  return flushFolder(dirname(resolve(path)));
}

/** Every file below a folder, and the folders. */
export async function flushTree(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await flushTree(path);
    else await flushFile(path);
  }
  await flushFolder(folder);
}

async function flushFile(path: string): Promise<void> {
  const handle = await open(path, 'r+');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

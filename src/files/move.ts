// Renames that Windows may refuse for a moment, and what a path is.
import { rename, stat } from 'node:fs/promises';
import { saysNothingThere } from './stat.js';

/** Renames; on Windows it tries again while a virus scanner or a reader holds the file. */
export async function move(from: string, to: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await rename(from, to);
      return;
    } catch (error) {
      const held = ['EPERM', 'EACCES', 'EBUSY'].includes((error as NodeJS.ErrnoException).code ?? '');
      if (process.platform !== 'win32' || !held || attempt === 10) throw error;
      await new Promise((wake) => setTimeout(wake, 50 * attempt));
    }
  }
}

/** @throws what `stat` throws where it cannot be known, for lack of a permission for example */
export async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (saysNothingThere(error)) return false;
    throw error;
  }
}

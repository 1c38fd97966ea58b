// Puts a finished install in its place with one rename, whoever else does the same at that moment.
import { mkdirSync, renameSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { installsIn, remove } from './cache.js';
import { readRecord } from './record.js';

/**
 * Renames `made` to `target`. If a whole install of the same wheels came to lie there meanwhile, that one stays; anything
 * else is moved into `work`, which the caller removes.
 */
export function publish(made: string, target: string, work: string): void {
  for (let attempt = 0; ; attempt++) {
    try {
      renameSync(made, target);
      return;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      const taken = code === 'ENOTEMPTY' || code === 'EEXIST' || code === 'EPERM';
      if (!taken || attempt > 10) throw error;
    }
    if (sameInstall(made, target)) return;
    moveAside(target, work);
  }
}

/** Removes the other installs beside `target`. */
export function removeOthers(root: string, target: string, work: string): void {
  for (const name of installsIn(root)) if (name !== basename(target)) moveAside(join(root, name), work);
  remove(work);
}

/** By a rename, so that a removal which is cut short leaves no half of an install. */
export function moveAside(folder: string, work: string): void {
  const aside = join(work, `old-${Math.random().toString(36).slice(2)}`, basename(folder));
  mkdirSync(dirname(aside), { recursive: true });
  try {
    renameSync(folder, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error; // another process was quicker
  }
}

function sameInstall(made: string, target: string): boolean {
  const [own, other] = [readRecord(made), readRecord(target)];
  return (
    own !== undefined &&
    other !== undefined &&
    JSON.stringify(own.files) === JSON.stringify(other.files) &&
    JSON.stringify(own.wheels) === JSON.stringify(other.wheels) &&
    Object.keys(own.wheels).length > 0
  );
}

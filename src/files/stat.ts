// What a path is. Node's statSync throws for some paths at which nothing can be, `throwIfNoEntry` or not.
import { type Stats, statSync } from 'node:fs';
import { GptError, whyUnreadable } from '../errors.js';

/** Codes of paths at which nothing can be: the last is Node's for a NUL in a name. */
const nowhere: ReadonlySet<string | undefined> = new Set([
  ...['ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG', 'ERR_INVALID_ARG_VALUE'],
]);

/** Whether an error says that nothing is at a path, instead of that it cannot be known. */
export function saysNothingThere(error: unknown): boolean {
  return nowhere.has((error as NodeJS.ErrnoException).code);
}

/** Undefined where there is nothing. @throws what `stat` throws where that cannot be known, for lack of a permission */
export function statIfThere(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch (error) {
    if (saysNothingThere(error)) return undefined;
    throw error;
  }
}

/**
 * What a person named, which must be there.
 * @param code of the error, which says why nothing is there
 */
export function requireThere(path: string, code: string): Stats {
  try {
    return statSync(path);
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    const message = missing ? `no such file or folder: ${path}` : `cannot read ${path}: ${whyUnreadable(cause)}`;
    throw new GptError(code, message, { hint: 'check the path', cause });
  }
}

// What the system says when something cannot be written, as an error that a person can act on.
import { GptError } from '../errors.js';

/** Codes of a disk, quota or file-size limit that is used up. */
const full: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

const refused: ReadonlySet<string> = new Set([
  ...['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST', 'EISDIR', 'ENAMETOOLONG', 'ELOOP', 'ENOENT', 'EIO'],
]);

export function isDiskFull(error: unknown): boolean {
  return full.has((error as NodeJS.ErrnoException | null)?.code ?? '');
}

/** A GptError for the system's refusals to write `path`; any other error as it is. */
export function explain(error: unknown, path: string): unknown {
  const code = (error as NodeJS.ErrnoException | null)?.code;
  if (error instanceof GptError || code === undefined) return error;
  if (isDiskFull(error)) {
    return new GptError('checkpoint/disk-full', `the disk is full: cannot write ${path} (${code})`, {
      hint: 'free some space and run the command again, a training run with --resume; what was saved before is intact',
      cause: error,
    });
  }
  if (refused.has(code)) {
    return new GptError('checkpoint/not-writable', `cannot write ${path} (${code})`, {
      hint: 'choose another folder with --out, or change its permissions',
      cause: error,
    });
  }
  return error;
}

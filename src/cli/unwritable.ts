// Why a file that a flag names cannot be written.
import { dirname } from 'node:path';
import { GptError, whyUnwritable } from '../errors.js';

/** The error for a person; one that is already for a person stays. */
export function unwritable(error: unknown, path: string): GptError {
  if (error instanceof GptError) return error;
  const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
  const reason = missing ? `there is no folder ${dirname(path)}` : whyUnwritable(error);
  return new GptError('cli/output', `cannot write ${path}: ${reason ?? (error as Error).message}`, { cause: error });
}

// What the system says when a file cannot be written, as an error a person can act on.
import { GptError } from '../errors.js';

const reasons: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EACCES: 'no permission',
  EPERM: 'no permission',
  EROFS: 'the disk is read-only',
  ENOTDIR: 'a part of the path is a file',
  EEXIST: 'there is a file of that name',
};

/** A GptError for the system's refusals to write below `directory`; any other error as it is. */
export function writeError(error: unknown, directory: string): unknown {
  const reason = reasons[(error as NodeJS.ErrnoException | null)?.code ?? ''];
  if (reason === undefined || error instanceof GptError) return error;
  const hint = 'free space, or choose another place with --out';
  return new GptError('dataset/write', `cannot write ${directory}: ${reason}`, { hint, cause: error });
}

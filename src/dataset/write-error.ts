// What the system says when a file cannot be written, as an error a person can act on.
import { GptError, whyUnwritable } from '../errors.js';

/** A GptError for the system's refusals to write below `directory`; any other error as it is. */
export function writeError(error: unknown, directory: string): unknown {
  const reason = whyUnwritable(error);
  if (reason === undefined || error instanceof GptError) return error;
  const hint = 'free space, or choose another place with --out';
  return new GptError('dataset/write', `cannot write ${directory}: ${reason}`, { hint, cause: error });
}

// Names of profiles, and whether they can be written.
import { accessSync, constants, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { GptError } from '../errors.js';

/** Beginning of the name of a graph's profile, in the files that begin with `prefix`. */
export function profileOf(prefix: string, graph: string): string {
  return `${prefix}-${graph.replaceAll(/[^\w.-]+/g, '-')}`;
}

/**
 * Before a run: its profiles are written when it ends, and onnxruntime reports no failure.
 * @throws GptError `engine/profile` where there is no folder for them, or none that can be written to
 */
export function requireProfileFolder(prefix: string): void {
  const folder = dirname(profileOf(prefix, ''));
  try {
    if (!statSync(folder).isDirectory()) throw new Error('not a folder');
    accessSync(folder, constants.W_OK);
  } catch (cause) {
    const reason =
      (cause as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no such folder' : 'it is not a writable folder';
    throw new GptError('engine/profile', `cannot write profiles to ${folder}: ${reason}`, { cause });
  }
}

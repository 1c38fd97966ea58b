// What Git LFS leaves in place of a file that was not fetched.
import { GptError } from '../errors.js';

const pointer = 'version https://git-lfs.github.com/spec/';

/** @throws GptError `files/lfs` when the first bytes of a file are those of a Git LFS pointer */
export function refuseLfsPointer(head: Uint8Array, name: string): void {
  if (Buffer.from(head.subarray(0, pointer.length)).toString('latin1') !== pointer) return;
  throw new GptError('files/lfs', `${name} is a Git LFS pointer, not the file itself`, { hint: 'git lfs pull' });
}

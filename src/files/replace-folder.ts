// A folder that is replaced whole: written aside, flushed to the disk, then renamed, so that whenever the process or
// the machine dies there is the old folder or the new one. Knows nothing of what is in it.
//
// For `last` the temporary names are: `.last.new` (being written), `.last.old` (the one being replaced), `.last.trash`.
// `.last.old` without `last` means: died between the two renames, and `.last.new` is complete. Needs twice the space.
import { mkdir, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { explain } from './disk-error.js';
import { flushParent, flushTree } from './flush.js';
import { makeFolder } from './make-folder.js';
import { exists, move } from './move.js';

const suffixes = ['new', 'old', 'trash'] as const;

function beside(target: string): Record<(typeof suffixes)[number], string> {
  const parent = dirname(resolve(target));
  const name = (suffix: string) => join(parent, `.${basename(resolve(target))}.${suffix}`);
  return { new: name('new'), old: name('old'), trash: name('trash') };
}

/** The names that replacing `target` may leave in its parent folder. */
export function asideNames(target: string): string[] {
  return Object.values(beside(target)).map((path) => basename(path));
}

/**
 * Replaces `target` by a folder that `write` fills. Only the process that owns the parent may do this.
 * @param write gets the path of an empty folder; what it leaves there is flushed to the disk
 * @throws GptError `checkpoint/disk-full`, `checkpoint/not-writable`; what was there stays, whatever is thrown
 */
export async function replaceFolder(target: string, write: (folder: string) => Promise<void>): Promise<void> {
  const aside = beside(target);
  try {
    await settle(target);
    await makeFolder(dirname(aside.new));
    await mkdir(aside.new); // not through a link of that name
    await write(aside.new);
    await flushTree(aside.new);
    const replacing = await exists(target);
    if (replacing) await move(target, aside.old);
    try {
      await move(aside.new, target);
    } catch (error) {
      if (replacing) await move(aside.old, target);
      throw error;
    }
    await flushParent(target);
    await discard(target);
  } catch (error) {
    await rm(aside.new, { recursive: true, force: true }).catch(() => {});
    throw explain(error, target);
  }
}

/** Ends what a process that died began, and removes what it left. Only for the owner of the parent folder. */
export async function settle(target: string): Promise<void> {
  const aside = beside(target);
  if (!(await exists(target)) && (await exists(aside.old))) {
    await move((await exists(aside.new)) ? aside.new : aside.old, target);
  }
  await rm(aside.new, { recursive: true, force: true });
  await discard(target);
}

/**
 * Where the content of `target` is now: for readers, which must not rename. Undefined if there is none.
 * A folder that is just being replaced is waited for.
 */
export async function findFolder(target: string): Promise<string | undefined> {
  const aside = beside(target);
  for (let attempt = 0; attempt < 3; attempt++) {
    if (await exists(target)) return target;
    if (!(await exists(aside.old))) return undefined;
    await new Promise((wake) => setTimeout(wake, 30));
  }
  return (await exists(aside.new)) ? aside.new : aside.old;
}

/** A half-removed folder must not be taken for the old one: it is renamed first. */
async function discard(target: string): Promise<void> {
  const { old, trash } = beside(target);
  await rm(trash, { recursive: true, force: true });
  if (!(await exists(old))) return;
  await move(old, trash);
  await rm(trash, { recursive: true, force: true });
}

// A folder that is replaced whole: written aside, flushed to the disk, then renamed, so that whenever the process or
// the machine dies there is the old folder or the new one. Knows nothing of what is in it.
//
// For `last` the names beside it are: `.last.new` (being written), `.last.old` (the one being replaced), `.last.trash`.
// `.last.old` without `last` means: died between the two renames, and `.last.new` is complete. Needs twice the space.
import { open, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { GptError } from '../errors.js';
import { makeFolder } from '../make-folder.js';

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
    await makeFolder(aside.new);
    await write(aside.new);
    await flushFolder(aside.new);
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

export async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw error;
  }
}

/** On Windows a virus scanner or a reader may hold a file for a moment. */
async function move(from: string, to: string): Promise<void> {
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

async function flushFolder(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await flushFolder(path);
    else await flush(path, 'r+');
  }
  await flush(folder, 'r');
}

async function flushParent(path: string): Promise<void> {
  await flush(dirname(resolve(path)), 'r');
}

async function flush(path: string, flags: string): Promise<void> {
  try {
    const handle = await open(path, flags);
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    // Folders cannot be flushed on Windows and on some network file systems.
    if (
      flags === 'r+' ||
      !['EPERM', 'EISDIR', 'EINVAL', 'EACCES', 'ENOTSUP'].includes((error as NodeJS.ErrnoException).code ?? '')
    )
      throw error;
  }
}

/** Turns what the system says about a disk into what a person can do; other errors stay what they are. */
export function explain(error: unknown, path: string): unknown {
  const code = (error as NodeJS.ErrnoException).code;
  if (error instanceof GptError || code === undefined) return error;
  if (['ENOSPC', 'EDQUOT', 'EFBIG'].includes(code)) {
    return new GptError('checkpoint/disk-full', `the disk is full: ${path} could not be written (${code})`, {
      hint: 'free some space and go on with --resume; what was there before is unharmed',
      cause: error,
    });
  }
  if (['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST', 'ENAMETOOLONG', 'ELOOP', 'ENOENT', 'EIO'].includes(code)) {
    return new GptError('checkpoint/not-writable', `${path} cannot be written (${code})`, {
      hint: 'give another folder with --out, or change its permissions',
      cause: error,
    });
  }
  return error;
}

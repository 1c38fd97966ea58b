// A file that is complete or absent: written in the same folder under a random name, flushed, then renamed. Whenever the
// process or the machine dies there is the old file or the new one, and perhaps a temporary one.
import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { type FileHandle, open, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { GptError } from '../errors.js';
import { flushParent } from './flush.js';
import { move } from './move.js';
import { onExit } from './on-exit.js';

const temporary = /^\..+\.[0-9a-f]{16}\.part$/;

/** Whether a name is one that an AtomicFile leaves when its process is killed. */
export function isTemporaryName(name: string): boolean {
  return temporary.test(name);
}

export class AtomicFile {
  private open = true;
  private readonly keep = onExit(() => rmSync(this.temporary, { force: true }));

  private constructor(
    readonly path: string,
    /** Where the content is until `commit`. */
    readonly temporary: string,
    readonly handle: FileHandle,
  ) {}

  /**
   * @throws what `open` throws; the name is new, so that no link is followed and no file is overwritten. GptError
   * `files/not-regular` where a folder, a device or a pipe would be replaced
   */
  static async create(path: string): Promise<AtomicFile> {
    const there = await stat(path).catch(() => undefined);
    if (there && !there.isFile()) {
      const kind = there.isDirectory() ? 'a folder' : 'a device or a pipe';
      throw new GptError('files/not-regular', `${path} is ${kind}, not a file`, { hint: 'choose another name' });
    }
    const aside = join(dirname(path), `.${basename(path)}.${randomBytes(8).toString('hex')}.part`);
    return new AtomicFile(path, aside, await open(aside, 'wx'));
  }

  /** Writes all of it, at the end of what was written before. */
  async write(data: string | Uint8Array): Promise<void> {
    await this.handle.writeFile(data);
  }

  /**
   * Flushes, closes and renames. The file is on the disk under its name when this resolves.
   * @throws what the system refuses, the last flush included; nothing is left behind then
   */
  async commit(): Promise<void> {
    try {
      await this.handle.sync();
      await this.close();
      await move(this.temporary, this.path);
      this.keep();
      await flushParent(this.path);
    } catch (error) {
      await this.abandon();
      throw error;
    }
  }

  /** Removes the temporary file. The file of that name stays as it was. */
  async abandon(): Promise<void> {
    await this.close().catch(() => {});
    await rm(this.temporary, { force: true }).catch(() => {});
    this.keep();
  }

  private async close(): Promise<void> {
    if (!this.open) return;
    this.open = false;
    await this.handle.close();
  }
}

/** Writes a whole file, or leaves what was there. @throws what the system refuses */
export async function replaceFile(path: string, data: string | Uint8Array): Promise<void> {
  const file = await AtomicFile.create(path);
  try {
    await file.write(data);
  } catch (error) {
    await file.abandon();
    throw error;
  }
  await file.commit();
}

// Sets a native library up: its files come into the cache. All work is done in a folder aside that is renamed when it is
// whole, so that a process which dies leaves nothing that looks like an install.
import { join } from 'node:path';
import { GptError } from '../../errors.js';
import { installFolder, installsIn, makeWorkFolder, remove, removeLeftovers } from './cache.js';
import type { LibraryDescription } from './description.js';
import { findSource } from './from.js';
import { fetchInstall, takeInstall } from './make.js';
import type { Pin } from './pins.js';
import { choosePin, demandPlatform, thisMachine } from './platform.js';
import type { Probe } from './probe.js';
import { moveAside, publish, removeOthers } from './publish.js';
import { type InstallRecord, readRecord, writeRecord } from './record.js';
import type { Environment, SetupOptions, SetupResult } from './types.js';

/**
 * Fetches a library, or takes it from `from`, checks it by loading it and puts it into the cache in place of
 * what was there.
 * @throws GptError `setup/platform|python|pip|network|fetch|hash|wheel|from|disk|cache|library`; AbortError
 */
export async function setup(library: LibraryDescription, options: SetupOptions = {}): Promise<SetupResult> {
  const { gpu = false, from, index, signal, env = process.env, machine = thisMachine() } = options;
  const { pins = library.pins, probe = library.probe, on = () => {} } = options;
  const variant = gpu ? 'gpu' : 'cpu';
  const platform = `${machine.platform}-${machine.arch}`;
  demandPlatform(library, machine);
  const pin = from !== undefined && !gpu ? pins.cpu[platform] : choosePin(library, pins, variant, machine);
  const source = from === undefined ? undefined : findSource(library, from, pin);
  const root = installFolder(library.name, env);
  removeLeftovers(root);
  const known = { library, pin: pin!, probe, signal };
  const present = source ? undefined : await findPresent(join(root, `${pin!.version}-${variant}`), known);
  if (present) return present;

  const work = makeWorkFolder(root);
  try {
    const job = { library, work, variant, pin, index, signal, on, env } as const;
    const made = source ? await takeInstall(job, source) : await fetchInstall(job, pin!);
    on({ kind: 'phase', name: 'loading the library', done: 0, total: 0 });
    const version = await probe(join(work, 'install', library.folder), signal);
    if (made.pinned && version !== pin!.version)
      throw new GptError(
        'setup/library',
        `the library says that it is ${library.title} ${version}, not ${pin!.version}`,
      );
    signal?.throwIfAborted();
    const kind = made.pinned ? variant : 'local';
    const { files, wheels } = made;
    const record: InstallRecord = {
      version,
      variant: kind,
      platform,
      wheels,
      files,
      installed: new Date().toISOString(),
    };
    writeRecord(join(work, 'install'), record);
    const target = join(root, `${version}-${kind}`);
    publish(join(work, 'install'), target, work);
    removeOthers(root, target, work);
    return resultOf(library, target, record, true);
  } catch (error) {
    throw explain(error, root);
  } finally {
    remove(work);
  }
}

/** Removes all installs; the folders that were removed. */
export function removeInstalls({ name }: LibraryDescription, env: Environment = process.env): string[] {
  const root = installFolder(name, env);
  removeLeftovers(root);
  const folders = installsIn(root).map((install) => join(root, install));
  if (folders.length === 0) return [];
  const work = makeWorkFolder(root);
  try {
    for (const folder of folders) moveAside(folder, work);
  } catch (error) {
    throw explain(error, root);
  } finally {
    remove(work);
  }
  return folders;
}

/** An install of these very wheels, whole and loadable. */
async function findPresent(
  target: string,
  {
    library,
    pin,
    probe,
    signal,
  }: { library: LibraryDescription; pin: Pin; probe: Probe; signal: AbortSignal | undefined },
): Promise<SetupResult | undefined> {
  const record = readRecord(target);
  if (!record || !pin.wheels.every(({ file, sha256 }) => record.wheels[file] === sha256)) return undefined;
  try {
    await probe(join(target, library.folder), signal);
  } catch (error) {
    if (error instanceof GptError) return undefined; // it is made again
    throw error;
  }
  return resultOf(library, target, record, false);
}

function resultOf(
  library: LibraryDescription,
  target: string,
  { version, variant, files }: InstallRecord,
  installed: boolean,
): SetupResult {
  const bytes = Object.values(files).reduce((sum, size) => sum + size, 0);
  return { folder: join(target, library.folder), version, variant, installed, bytes };
}

/** What the system refused, in words. */
function explain(error: unknown, root: string): unknown {
  if (error instanceof GptError) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  const hint = 'set GPT_CLI_CACHE to another folder';
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new GptError('setup/disk', `the disk is full: ${message}`, { hint, cause: error });
  if (code === 'EACCES' || code === 'EROFS' || code === 'EPERM')
    return new GptError('setup/cache', `cannot write into ${root}: ${message}`, { hint, cause: error });
  return error;
}

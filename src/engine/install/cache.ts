// The user's cache folder, and in it the folders that a setup works in: its own, and those that dead ones left.
import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { homedir, hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { GptError } from '../../errors.js';
import { isProcessAlive, startOf } from '../../files/index.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** Where installs of a library lie: in GPT_CLI_CACHE, or the system's place for caches. */
export function installFolder(
  name: string,
  env: Environment = process.env,
  platform: string = process.platform,
): string {
  return join(cacheFolder(env, platform), name);
}

/** The user's cache folder. */
export function cacheFolder(env: Environment = process.env, platform: string = process.platform): string {
  if (env['GPT_CLI_CACHE']) return resolve(env['GPT_CLI_CACHE']);
  const home = env['HOME'] || env['USERPROFILE'] || homedir();
  if (platform === 'win32') return join(env['LOCALAPPDATA'] || join(home, 'AppData', 'Local'), 'gpt-cli', 'Cache');
  if (platform === 'darwin') return join(home, 'Library', 'Caches', 'gpt-cli');
  return join(env['XDG_CACHE_HOME'] || join(home, '.cache'), 'gpt-cli');
}

const prefix = '.setup-';

/**
 * Makes a folder in `root` that belongs to this process. Its name says to whom, so that it never lacks an owner.
 * @throws GptError `setup/cache`
 */
export function makeWorkFolder(root: string): string {
  const name = [host(), process.pid, startOf(process.pid) ?? 0, Math.random().toString(36).slice(2, 10)].join('-');
  const folder = join(root, prefix + name);
  try {
    mkdirSync(folder, { recursive: true });
  } catch (cause) {
    throw new GptError('setup/cache', `cannot write into ${root}: ${(cause as Error).message}`, {
      hint: 'set GPT_CLI_CACHE to a folder that you can write to',
      cause,
    });
  }
  return folder;
}

/** Removes what setups that are no longer running left in `root`. */
export function removeLeftovers(root: string): void {
  for (const name of entries(root)) {
    if (name.startsWith(prefix) && !isAlive(join(root, name), name)) remove(join(root, name));
  }
}

/** Names in `root`; work folders and other hidden ones are left out. */
export function installsIn(root: string): string[] {
  return entries(root).filter((name) => !name.startsWith('.'));
}

export function entries(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

export function remove(path: string): void {
  rmSync(path, { recursive: true, force: true, maxRetries: 3 });
}

/** Bytes of the files in a folder, however deep; what vanishes meanwhile counts nothing. */
export function sizeOf(folder: string): number {
  let bytes = 0;
  for (const name of entries(folder)) {
    const stat = statSync(join(folder, name), { throwIfNoEntry: false });
    if (stat) bytes += stat.isDirectory() ? sizeOf(join(folder, name)) : stat.size;
  }
  return bytes;
}

function isAlive(folder: string, name: string): boolean {
  const [owner, pid, started] = name.slice(prefix.length).split('-');
  if (owner !== host()) {
    // A cache on a network: whether the owner lives cannot be seen from here, a day is longer than any setup.
    const stat = statSync(folder, { throwIfNoEntry: false });
    return stat !== undefined && Date.now() - stat.mtimeMs < 86_400_000;
  }
  return isProcessAlive(Number(pid), started === '0' ? '' : (started ?? ''));
}

function host(): string {
  return hostname().replace(/\W+/g, '_') || 'localhost';
}

// One process a run folder: a lock file with a random token and a heartbeat. A lock is taken over only when its process is
// known to be dead on this machine, or, where that cannot be known (another machine, a container), when its heartbeat stopped.
import { randomBytes } from 'node:crypto';
import { closeSync, openSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { GptError } from '../errors.js';
import { explain, isProcessAlive, pidNamespace, startOf } from '../files/index.js';

export const lockName = '.lock';

/** Seconds between heartbeats: the lock file gets the time of now. */
const beat = 20;
/** Seconds without a heartbeat after which a lock whose process cannot be looked at is stale. */
const patience = 180;

interface Holder {
  readonly pid: number;
  readonly host: string;
  /** When the process started, in the system's own words: a later process may get the same pid. */
  readonly started: string;
  /** Where the pid means this process; '' where the system does not say. Absent in locks of earlier versions. */
  readonly namespace?: string;
  /** Of this lock alone. Absent in locks of earlier versions. */
  readonly token?: string;
}

export interface Lock {
  /** @throws GptError `run/lock-lost` when another process has taken it: this one was taken for dead */
  check(): void;
  release(): void;
}

/** @throws GptError `run/locked` if a living process holds the lock of the folder */
export function takeLock(directory: string): Lock {
  const path = join(directory, lockName);
  const token = randomBytes(12).toString('hex');
  const place = { host: hostname(), namespace: pidNamespace() };
  const self: Holder = { pid: process.pid, ...place, started: startOf(process.pid) ?? '', token };
  for (let attempt = 0; ; attempt++) {
    try {
      create(path, `${JSON.stringify(self)}\n`);
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw explain(error, directory);
    }
    const text = read(path);
    if (text === undefined) continue; // given back just now
    const holder = parse(text);
    if (attempt > 20 || isHeld(holder, path)) {
      const who = holder
        ? `process ${holder.pid}${holder.host === self.host ? '' : ` on ${holder.host}`}`
        : 'another process';
      throw new GptError('run/locked', `${who} is working on ${directory}`, {
        hint: `wait for it or end it; if there is no such process, delete ${path}`,
      });
    }
    takeAway(directory, path, text, token);
  }
  const own = () => parse(read(path) ?? '')?.token === token;
  // A process that was suspended for so long that another took the lock must not keep that one's alive.
  const timer = setInterval(() => own() && touch(path), beat * 1000);
  timer.unref();
  return {
    check: () => {
      if (own()) return;
      throw new GptError('run/lock-lost', `another process took over ${directory}, or its lock was deleted`, {
        hint: 'this process wrote nothing since; --resume from what is there',
      });
    },
    release: () => {
      clearInterval(timer);
      if (own()) rmSync(path, { force: true });
    },
  };
}

/** A new file, whole or not there: an empty one, left by a full disk, would look like the lock of another process. */
function create(path: string, text: string): void {
  const file = openSync(path, 'wx');
  try {
    writeSync(file, text);
  } catch (error) {
    rmSync(path, { force: true });
    throw error;
  } finally {
    closeSync(file);
  }
}

/** Removes a stale lock, unless another process was quicker: then its new lock is put back. */
function takeAway(directory: string, path: string, stale: string, token: string): void {
  const aside = `${path}.${token}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw explain(error, directory);
  }
  if (read(aside) === stale) rmSync(aside, { force: true });
  else renameSync(aside, path);
}

function isHeld(holder: Holder | undefined, path: string): boolean {
  const silent = silence(path);
  if (holder === undefined) return silent < 5; // perhaps being written
  // A pid can be looked at where it means the same process: on this machine and, on Linux, in this pid namespace.
  const here = holder.host === hostname() && (holder.namespace ?? pidNamespace()) === pidNamespace();
  return here ? isProcessAlive(holder.pid, holder.started) : silent < patience;
}

function silence(path: string): number {
  try {
    return (Date.now() - statSync(path).mtimeMs) / 1000;
  } catch {
    return 0;
  }
}

function touch(path: string): void {
  try {
    const now = new Date();
    utimesSync(path, now, now);
  } catch {
    // Gone: the folder was deleted under us; saving will say so.
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function parse(text: string): Holder | undefined {
  try {
    const { pid, host, started, namespace, token } = JSON.parse(text) as Holder;
    if (!Number.isSafeInteger(pid) || typeof host !== 'string') return undefined;
    const known = typeof namespace === 'string' ? { namespace } : {};
    return { pid, host, started: String(started), ...known, ...(typeof token === 'string' ? { token } : {}) };
  } catch {
    return undefined;
  }
}

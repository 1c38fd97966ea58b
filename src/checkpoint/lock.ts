// One process a run folder: a lock file that says who holds it. That of a process which died is taken over.
import { readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { GptError } from '../errors.js';
import { explain } from '../files/index.js';

export const lockName = '.lock';

/** Seconds between signs of life, for processes on another machine that cannot look whether this one still runs. */
const beat = 20;
/** Seconds without one after which a lock from another machine is stale. */
const patience = 180;

interface Holder {
  readonly pid: number;
  readonly host: string;
  /** When the process started, in the system's own words: a later process may get the same pid. */
  readonly started: string;
}

/**
 * Takes the lock of a folder.
 * @returns what gives it back
 * @throws GptError `run/locked` if a living process holds it
 */
export function takeLock(directory: string): () => void {
  const path = join(directory, lockName);
  const self: Holder = { pid: process.pid, host: hostname(), started: startOf(process.pid) ?? '' };
  for (let attempt = 0; ; attempt++) {
    try {
      writeFileSync(path, `${JSON.stringify(self)}\n`, { flag: 'wx' });
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw explain(error, directory);
    }
    const text = read(path);
    if (text === undefined) continue; // given back just now
    const holder = parse(text);
    if (attempt > 20 || isAlive(holder, path)) {
      const who = holder
        ? `process ${holder.pid}${holder.host === self.host ? '' : ` on ${holder.host}`}`
        : 'another process';
      throw new GptError('run/locked', `${who} is working on ${directory}`, {
        hint: `wait for it or end it; if there is no such process, delete ${path}`,
      });
    }
    takeAway(directory, path, text);
  }
  const timer = setInterval(() => touch(path), beat * 1000);
  timer.unref();
  return () => {
    clearInterval(timer);
    if (parse(read(path) ?? '')?.pid === self.pid) rmSync(path, { force: true });
  };
}

/** Removes a stale lock, unless another process was quicker: then its new lock is put back. */
function takeAway(directory: string, path: string, stale: string): void {
  const aside = `${path}.${process.pid}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw explain(error, directory);
  }
  if (read(aside) === stale) rmSync(aside, { force: true });
  else renameSync(aside, path);
}

function isAlive(holder: Holder | undefined, path: string): boolean {
  const age = silence(path);
  if (holder === undefined) return age < 5; // perhaps being written
  if (holder.host !== hostname()) return age < patience;
  if (holder.pid === process.pid) return holder.started === (startOf(process.pid) ?? '');
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  if (isZombie(holder.pid)) return false;
  const started = startOf(holder.pid);
  return started === undefined || holder.started === '' || started === holder.started;
}

/** When a process started, on systems with /proc; a pid alone may since belong to another process. */
function startOf(pid: number): string | undefined {
  return statOf(pid)?.[19];
}

/** Whether a process is dead but not yet taken notice of: in a container without an init nobody ever does. */
function isZombie(pid: number): boolean {
  return statOf(pid)?.[0] === 'Z';
}

/** What /proc says of a process, from its state on. */
function statOf(pid: number): string[] | undefined {
  const stat = read(`/proc/${pid}/stat`);
  // The field before, the program's name in brackets, may hold spaces: count from its end.
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
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
    const { pid, host, started } = JSON.parse(text) as Holder;
    return Number.isSafeInteger(pid) && typeof host === 'string' ? { pid, host, started: String(started) } : undefined;
  } catch {
    return undefined;
  }
}

// How many threads an engine should use: the physical cores that this process may use.
import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { GptError } from '../errors.js';

/** Twice a core's arithmetic units are not there: hyper-threads are not counted, a container's share of time is. */
export function defaultThreads(): number {
  const logical = availableParallelism();
  const physical = process.platform === 'linux' ? physicalCores(readText('/proc/cpuinfo')) : undefined;
  const share = process.platform === 'linux' ? timeShare(readText('/sys/fs/cgroup/cpu.max')) : undefined;
  return Math.max(1, Math.min(logical, physical ?? logical, share ?? logical));
}

/**
 * @param asked what a person asked for, if anything
 * @throws GptError `engine/threads` for anything but a whole number from 1 on
 */
export function resolveThreads(asked: number | undefined): number {
  if (asked === undefined) return defaultThreads();
  if (Number.isInteger(asked) && asked >= 1 && asked <= 1024) return asked;
  throw new GptError('engine/threads', `threads must be a whole number from 1 to 1024, got ${asked}`, {
    hint: `leave --threads out for ${defaultThreads()} here`,
  });
}

/** Distinct (package, core) pairs in Linux' /proc/cpuinfo; undefined where it names none (arm64, some virtual machines). */
export function physicalCores(cpuinfo: string): number | undefined {
  const cores = new Set<string>();
  for (const processor of cpuinfo.split(/\n\s*\n/)) {
    const core = /^core id\s*:\s*(\d+)/m.exec(processor)?.[1];
    if (core !== undefined) cores.add(`${/^physical id\s*:\s*(\d+)/m.exec(processor)?.[1]}/${core}`);
  }
  return cores.size > 0 ? cores.size : undefined;
}

/** Whole processors' worth of time that a control group allows (`cpu.max`: quota and period in microseconds). */
export function timeShare(cpuMax: string): number | undefined {
  const [quota, period] = cpuMax.trim().split(/\s+/).map(Number);
  return quota && period ? Math.max(1, Math.ceil(quota / period)) : undefined;
}

function readText(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}

// How much memory this process can still take before the machine swaps or its container is stopped.
import { readFileSync } from 'node:fs';
import { freemem } from 'node:os';

/** Where to look; tests hand in files of their own. */
export type ReadText = (path: string) => string | undefined;

/** Bytes: what is free or would be given back, within the limits of the control groups around this process. */
export function availableMemory(read: ReadText = readText): number {
  return Math.min(systemMemory(read), ...controlGroupMemory(read));
}

/** Linux' own estimate where there is one: free memory alone does not count what caches would give back. */
function systemMemory(read: ReadText): number {
  const kilobytes = /^MemAvailable:\s*(\d+) kB/m.exec(read('/proc/meminfo') ?? '')?.[1];
  return kilobytes === undefined ? freemem() : Number(kilobytes) * 1024;
}

/** What is left below each limit, versions 1 and 2, as the process or as its container sees the files. */
function controlGroupMemory(read: ReadText): number[] {
  const groups = read('/proc/self/cgroup') ?? '';
  const own = { v1: /^\d+:(?:[^:]*,)?memory(?:,[^:]*)?:(.*)$/m.exec(groups)?.[1], v2: /^0::(.*)$/m.exec(groups)?.[1] };
  const v1 = { limit: 'memory.limit_in_bytes', usage: 'memory.usage_in_bytes', inactive: 'total_inactive_file' };
  const v2 = { limit: 'memory.max', usage: 'memory.current', inactive: 'inactive_file' };
  const left = (folder: string, names: typeof v1): number[] => {
    const limit = Number(read(`${folder}/${names.limit}`) ?? Number.NaN); // 'max': no limit
    if (!Number.isFinite(limit) || limit > Number.MAX_SAFE_INTEGER) return [];
    const usage = Number(read(`${folder}/${names.usage}`) ?? 0);
    const cache = new RegExp(`^${names.inactive} (\\d+)`, 'm').exec(read(`${folder}/memory.stat`) ?? '')?.[1] ?? 0;
    return [Math.max(0, limit - usage + Number(cache))];
  };
  const folders = (base: string, path = '/') => new Set([base, `${base}${path}`.replace(/\/$/, '')]);
  return [
    ...[...folders('/sys/fs/cgroup/memory', own.v1)].flatMap((folder) => left(folder, v1)),
    ...[...folders('/sys/fs/cgroup', own.v2)].flatMap((folder) => left(folder, v2)),
  ];
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined; // another system, or not for us to read
  }
}

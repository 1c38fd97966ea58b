// Whether a process of this machine is alive, not to be confused with a later one that got the same pid.
import { readFileSync, readlinkSync } from 'node:fs';

/** When a process started, in the system's own words, on systems with /proc. */
export function startOf(pid: number): string | undefined {
  return statOf(pid)?.[19];
}

/** The pid namespace of this process (Linux): pids of another one, a container's, mean other processes. */
export function pidNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return '';
  }
}

/**
 * @param started what `startOf` said of it, or '' where the system does not say
 * @returns false for a process that ended, is a zombie, or whose pid belongs to another process now
 */
export function isProcessAlive(pid: number, started: string): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  // A zombie is dead but not yet taken notice of: in a container without an init nobody ever does.
  if (statOf(pid)?.[0] === 'Z') return false;
  const now = startOf(pid);
  return now === undefined || started === '' || now === started;
}

/** What /proc says of a process, from its state on. */
function statOf(pid: number): string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The field before, the program's name in brackets, may hold spaces: count from its end.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}

// A process that dies between two calls that change the disk, for tests.
import promises from 'node:fs/promises';
import { jest } from '@jest/globals';

/** Runs until the `count`th call that changes the disk, which never happens: as if the process had died there. */
export async function dieAtCall(count: number, work: () => Promise<unknown>): Promise<'died' | 'done'> {
  let calls = 0;
  let died: () => void = () => {};
  const death = new Promise<'died'>((resolve) => {
    died = () => resolve('died');
  });
  for (const name of ['mkdir', 'rename', 'rm', 'rmdir'] as const) {
    const original = promises[name] as (...args: unknown[]) => Promise<unknown>;
    jest.spyOn(promises, name).mockImplementation(((...args: unknown[]) => {
      if (++calls < count) return original(...args);
      died();
      return new Promise(() => {});
    }) as never);
  }
  const outcome = await Promise.race([death, work().then(() => 'done' as const)]);
  jest.restoreAllMocks();
  return outcome;
}

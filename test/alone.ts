// A piece of TypeScript in a process of its own, for tests that measure memory: there the allocator and the garbage
// collector have nothing left over from other tests.
import { execFileSync } from 'node:child_process';
import { bundle } from './bundle.js';

/**
 * Runs a program and gives what it passes to `report`. It may await, `collect()` garbage and ask for `resident()` bytes.
 * @param folder where its imports start from
 */
export function alone<T>(folder: string, program: string): T {
  const input = bundle(
    folder,
    `const report = (value) => console.log(JSON.stringify(value));
    const collect = () => globalThis.gc();
    const resident = () => process.memoryUsage().rss;
    ${program}`,
  );
  const node = ['--expose-gc', '--input-type=module', '-'];
  return JSON.parse(execFileSync(process.execPath, node, { input, cwd: folder, encoding: 'utf8' }));
}

// A piece of TypeScript in a process of its own, for tests that measure memory: there the allocator and the garbage
// collector have nothing left over from other tests.
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';

const flags = [
  ...['--bundle', '--platform=node', '--format=esm', '--main-fields=module,main', '--loader=ts', '--log-level=error'],
  ...['--external:onnxruntime-node', '--external:koffi'],
  "--banner:js=import { createRequire as make } from 'node:module'; const require = make(process.cwd() + '/');",
];

/**
 * Runs a program and gives what it passes to `report`. It may await, `collect()` garbage and ask for `resident()` bytes.
 * @param folder where its imports start from
 */
export function alone<T>(folder: string, program: string): T {
  const esbuild = createRequire(__filename).resolve('esbuild/bin/esbuild');
  const input = `
    const report = (value) => console.log(JSON.stringify(value));
    const collect = () => globalThis.gc();
    const resident = () => process.memoryUsage().rss;
    ${program}`;
  const bundle = execFileSync(process.execPath, [esbuild, ...flags], { input, cwd: folder, maxBuffer: 64e6 });
  const node = ['--expose-gc', '--input-type=module', '-'];
  return JSON.parse(execFileSync(process.execPath, node, { input: bundle, cwd: folder, encoding: 'utf8' }));
}

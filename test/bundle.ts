// TypeScript as one program, for tests that run it in a process of its own.
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';

const flags = [
  ...['--bundle', '--platform=node', '--format=esm', '--main-fields=module,main', '--loader=ts', '--log-level=error'],
  ...['--external:onnxruntime-node', '--external:koffi'],
  "--banner:js=import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(process.cwd() + '/');",
];

/**
 * A module for Node, its libraries found from the working directory. esbuild runs apart: in jest's world its library
 * refuses to start.
 * @param folder where its imports start from
 */
export function bundle(folder: string, program: string): string {
  const esbuild = createRequire(__filename).resolve('esbuild/bin/esbuild');
  const options = { input: program, cwd: folder, encoding: 'utf8', maxBuffer: 64e6 } as const;
  return execFileSync(process.execPath, [esbuild, ...flags], options);
}

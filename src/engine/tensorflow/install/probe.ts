// Loads an install in a process of its own, so that a library that crashes takes nothing along, and asks its version.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { GptError } from '../../../errors.js';
import { libraryNames } from '../names.js';

/** Loads the library in `folder`; its version. */
export type Probe = (folder: string, signal?: AbortSignal) => Promise<string>;

// The library is kept reachable and the process ended by force: unloaded, as koffi does with one that nobody refers to,
// TensorFlow crashes.
const code = `const [koffi, path, ...names] = process.argv.slice(1);
const library = (globalThis.library = require(koffi).load(path));
globalThis.functions = names.map((name) => library.func(name, 'void *', []));
require('node:fs').writeSync(1, library.func('const char *TF_Version()')());
process.exit(0);`;

/** Of the functions that the engine is built on, those that older or smaller builds lack. */
const needed = ['TFE_NewContext', 'TFE_Execute', 'TF_GraphToFunction', 'TFE_ContextAddFunction'];

/** @throws GptError `setup/library` with what the loader said */
export const probeLibrary: Probe = async (folder, signal) => {
  const path = join(folder, libraryNames()!.main);
  const args = ['-e', code, require.resolve('koffi'), path, ...needed];
  const env = { ...process.env, NODE_OPTIONS: '', TF_CPP_MIN_LOG_LEVEL: '3' };
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'], ...(signal && { signal }) });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const end = await new Promise<string | number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status, killed) => resolve(killed ?? status));
  });
  if (end === 0 && /^\d+\.\d+/.test(stdout)) return stdout;
  const reason = /(?:Error: )(.*)/.exec(stderr)?.[1] ?? `the process ended with ${end}`;
  throw new GptError('setup/library', `${path} cannot be loaded: ${reason}`, {
    hint: 'TensorFlow needs a processor with AVX; --backend onnx works without it',
  });
};

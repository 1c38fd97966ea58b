// Loads an install in a process of its own, so that a library that crashes takes nothing along, and asks its version.
import { spawn } from 'node:child_process';
import { GptError } from '../../errors.js';

/** Loads the library in `folder`; its version. */
export type Probe = (folder: string, signal?: AbortSignal) => Promise<string>;

export interface Attempt {
  /** Of the library, for messages. */
  readonly path: string;
  /** A CommonJS program that loads it and writes its version; `process.argv` has the path of koffi, then `args`. */
  readonly code: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly hint: string;
}

/**
 * Runs the program.
 * @returns what it wrote
 * @throws GptError `setup/library` with what the loader said; AbortError
 */
export async function tryLibrary({ path, code, args, env, hint }: Attempt, signal?: AbortSignal): Promise<string> {
  const child = spawn(process.execPath, ['-e', code, require.resolve('koffi'), ...args], {
    env: { ...process.env, NODE_OPTIONS: '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(signal && { signal }),
  });
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
  throw new GptError('setup/library', `${path} cannot be loaded: ${reason}`, { hint });
}

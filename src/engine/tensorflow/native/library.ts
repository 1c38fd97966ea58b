// Loads TensorFlow's C library through koffi when it is first needed: neither is touched before.
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import type * as Koffi from 'koffi';
import { GptError } from '../../../errors.js';
import { loadKoffi } from '../../koffi.js';
import { type Located, requireTensorflow } from '../locate.js';
import { libraryNames } from '../names.js';
import { bind, type Pointer, type TensorflowApi } from './ffi.js';

export interface Library {
  readonly api: TensorflowApi;
  /** TensorFlow's own version. */
  readonly version: string;
  readonly located: Located;
  /** Native memory as an array; it must not be kept beyond the memory. */
  view(pointer: Pointer, bytes: number): ArrayBuffer;
  /** Ends the process without the destructors of native code. */
  exitAtOnce(code: number): void;
}

export interface LoadOptions {
  /** Lets TensorFlow write its log to standard error. */
  readonly verbose?: boolean;
}

let loaded: Promise<Library> | undefined;

/**
 * The library, loaded once a process.
 * @throws GptError `tensorflow/missing` where there is none, `tensorflow/load` for one that cannot be loaded
 */
export function loadLibrary(options: LoadOptions = {}): Promise<Library> {
  loaded ??= load(options).catch((error: unknown) => {
    loaded = undefined;
    throw error;
  });
  return loaded;
}

async function load({ verbose = false }: LoadOptions): Promise<Library> {
  const located = requireTensorflow();
  const koffi = await loadKoffi('tensorflow');
  if (!verbose) setNativeEnvironment(koffi, silent);
  const path = join(located.folder, libraryNames()!.main);
  try {
    const api = verbose ? bind(koffi, path) : quietly(koffi, () => bind(koffi, path));
    return {
      api,
      located,
      version: api.TF_Version(),
      view: (pointer, bytes) => koffi.view(pointer, bytes),
      exitAtOnce: exitOf(koffi),
    };
  } catch (cause) {
    const [reason] = String((cause as Error).message).split('\n');
    throw new GptError('tensorflow/load', `${path} cannot be loaded: ${reason}`, {
      hint: 'gpt-cli setup tensorflow, or --backend onnx',
      cause,
    });
  }
}

/**
 * TensorFlow reads these when it is loaded; what a person has set stays. Written where native code reads them: a worker
 * thread's `process.env` is a copy.
 */
export function setNativeEnvironment(koffi: typeof Koffi, variables: Readonly<Record<string, string>>): void {
  const missing = Object.entries(variables).filter(([name]) => process.env[name] === undefined);
  Object.assign(process.env, Object.fromEntries(missing));
  if (process.platform === 'win32') return;
  const setenv = koffi.load(null).func('int setenv(const char *, const char *, int)');
  for (const [name, value] of missing) setenv(name, value, 0);
}

const silent = { TF_CPP_MIN_LOG_LEVEL: '3', TF_CPP_MAX_VLOG_LEVEL: '0' };

/** What the library says while it is loaded, before its log can be set up, goes nowhere. */
function quietly<T>(koffi: typeof Koffi, run: () => T): T {
  if (process.platform === 'win32') return run();
  const libc = koffi.load(null);
  const dup2 = libc.func('int dup2(int, int)');
  const close = libc.func('int close(int)');
  const kept = libc.func('int dup(int)')(2) as number;
  const nowhere = openSync('/dev/null', 'w');
  try {
    dup2(nowhere, 2);
    return run();
  } finally {
    dup2(kept, 2);
    close(kept);
    closeSync(nowhere);
  }
}

function exitOf(koffi: typeof Koffi): Library['exitAtOnce'] {
  if (process.platform === 'win32') return () => {};
  return koffi.load(null).func('void _exit(int)') as unknown as Library['exitAtOnce'];
}

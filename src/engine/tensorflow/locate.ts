// Finds TensorFlow's C library: a folder that a person names, what `gpt-cli setup tensorflow` put into the cache, or an
// installed Python package. Loads nothing.
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { GptError } from '../../errors.js';
import { currentInstall, installFolder } from '../install/index.js';
import { libraryNames } from './names.js';
import { pythonTensorflow } from './python.js';

export interface Located {
  /** The folder that holds the library. */
  readonly folder: string;
  readonly version?: string;
  readonly source: 'environment' | 'cache' | 'python';
}

type Environment = Readonly<Record<string, string | undefined>>;

let fromPython: { readonly found: Located | undefined } | undefined;

/**
 * The library that would be used; undefined where there is none. The first of: GPT_CLI_TENSORFLOW, the cache, an
 * installed Python `tensorflow` (which a Python is asked for, once a process).
 * @throws GptError `tensorflow/folder` if GPT_CLI_TENSORFLOW names a folder that holds no library
 */
export function locateTensorflow(env: Environment = process.env): Located | undefined {
  const named = env['GPT_CLI_TENSORFLOW'];
  if (named) return { folder: libraryFolder(named), source: 'environment' };
  const install = currentInstall(installFolder('tensorflow', env));
  if (install) return { folder: join(install.folder, 'tensorflow'), version: install.record.version, source: 'cache' };
  if (env !== process.env) return askPython(env);
  fromPython ??= { found: askPython(env) };
  return fromPython.found;
}

/** @throws GptError `tensorflow/missing` where there is none, `tensorflow/folder` */
export function requireTensorflow(): Located {
  const located = locateTensorflow();
  if (located) return located;
  throw new GptError('tensorflow/missing', 'TensorFlow is not installed here', {
    hint: 'gpt-cli setup tensorflow, or --backend onnx',
  });
}

/** The folder itself, or `tensorflow` in it (site-packages, an install of ours). */
function libraryFolder(named: string): string {
  const names = libraryNames();
  const found = [resolve(named), resolve(named, 'tensorflow')].find(
    (folder) => names && existsSync(join(folder, names.main)),
  );
  if (found) return found;
  throw new GptError('tensorflow/folder', `GPT_CLI_TENSORFLOW is ${JSON.stringify(named)}, which holds no TensorFlow`, {
    hint: names ? `it must hold ${names.main}` : `there is no such library on ${process.platform}`,
  });
}

function askPython(env: Environment): Located | undefined {
  const names = libraryNames();
  const found = names && pythonTensorflow(names.main, env);
  return found && { ...found, source: 'python' };
}

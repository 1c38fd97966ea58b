// Tries TensorFlow's library: whether it loads, and has the functions that the engine is built on.
import { join } from 'node:path';
import { type Probe, tryLibrary } from '../install/probe.js';
import { libraryNames } from './names.js';

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
export const probeTensorflow: Probe = (folder, signal) => {
  const path = join(folder, libraryNames()!.main);
  const hint = 'TensorFlow needs a processor with AVX; --backend onnx works without it';
  return tryLibrary({ path, code, args: [path, ...needed], env: { TF_CPP_MIN_LOG_LEVEL: '3' }, hint }, signal);
};

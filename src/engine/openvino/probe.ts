// Tries OpenVINO's library: whether it loads, and whether its CPU plugin knows this processor.
import { join } from 'node:path';
import { type Probe, tryLibrary } from '../install/index.js';
import { libraryNames } from './names.js';

// On Windows a library is found by its dependents once it is loaded, so the dependencies come first.
const code = `const [koffi, ...paths] = process.argv.slice(1);
const { load, struct } = require(koffi);
globalThis.libraries = paths.map((path) => load(path));
const library = globalThis.libraries.at(-1);
struct('ov_version_t', { buildNumber: 'const char *', description: 'const char *' });
const call = (declaration, ...args) => {
  const status = library.func(declaration)(...args);
  if (status !== 0) throw new Error(library.func('const char *ov_get_last_err_msg()')() || 'status ' + status);
};
const version = {};
call('int ov_get_openvino_version(_Out_ ov_version_t *)', version);
const core = [null];
call('int ov_core_create(_Out_ void **)', core);
const name = [null];
call('int ov_core_get_property(void *, const char *, const char *, _Out_ void **)', core[0], 'CPU', 'FULL_DEVICE_NAME', name);
require('node:fs').writeSync(1, /^\\d+\\.\\d+\\.\\d+/.exec(version.buildNumber)[0]);
process.exit(0);`;

/** @throws GptError `setup/library` with what the loader said */
export const probeOpenvino: Probe = (folder, signal) => {
  const [main, runtime, , , threads] = libraryNames(process.platform, process.arch)!;
  const paths = [threads!, runtime!, main].map((name) => join(folder, name));
  const hint = '--backend onnx works without it';
  return tryLibrary({ path: join(folder, main), code, args: paths, hint }, signal);
};

// Loads OpenVINO's C library when it is first needed, with one core for the process, and turns statuses into errors.
import { join } from 'node:path';
import { GptError } from '../../../errors.js';
import { loadKoffi, type Pointer } from '../../koffi.js';
import { type LocatedOpenvino, requireOpenvino } from '../locate.js';
import { libraryNames } from '../names.js';
import { bind, type OpenvinoApi } from './ffi.js';

export interface OpenvinoLibrary {
  readonly api: OpenvinoApi;
  /** `ov_core_t`: it holds the plugins, so it lives as long as the process. */
  readonly core: Pointer;
  /** Of OpenVINO, with its build. */
  readonly version: string;
  readonly located: LocatedOpenvino;
  /** Of an array that the collector does not move. */
  addressOf(data: Uint8Array): bigint;
}

let loaded: Promise<OpenvinoLibrary> | undefined;

/**
 * The library, loaded once a process.
 * @throws GptError `openvino/missing` where there is none, `openvino/load` for one that cannot be loaded, `openvino/ffi`
 */
export function loadOpenvino(): Promise<OpenvinoLibrary> {
  loaded ??= load().catch((error: unknown) => {
    loaded = undefined;
    throw error;
  });
  return loaded;
}

async function load(): Promise<OpenvinoLibrary> {
  const located = requireOpenvino();
  const koffi = await loadKoffi('openvino');
  const [main, runtime, , , threads] = libraryNames(process.platform, process.arch)!;
  const path = join(located.folder, main);
  try {
    // Windows finds a library's dependencies only where they are loaded already.
    if (process.platform === 'win32')
      for (const name of [threads!, runtime!]) koffi.load(join(located.folder, name), { global: true });
    const api = bind(koffi, path);
    const version: { buildNumber?: string } = {};
    checked(api, 'tell its version', () => api.ov_get_openvino_version(version));
    const core = given(api, 'start', (out) => api.ov_core_create(out));
    const addressOf = (data: Uint8Array) => koffi.address(data);
    return { api, core, version: version.buildNumber ?? 'unknown', located, addressOf };
  } catch (cause) {
    const [reason] = String((cause as Error).message).split('\n');
    throw new GptError('openvino/load', `${path} cannot be loaded: ${reason}`, {
      hint: 'gpt-cli setup openvino, or --backend onnx',
      cause,
    });
  }
}

/**
 * Calls something that returns a status.
 * @param what completes "OpenVINO could not ..."
 * @throws Error with OpenVINO's own message
 */
export function checked(api: OpenvinoApi, what: string, call: () => number): void {
  throwUnlessFine(api, what, call());
}

/** What a call writes through its last argument. */
export function given<T = Pointer>(api: OpenvinoApi, what: string, call: (out: [T | null]) => number): T {
  const out: [T | null] = [null];
  throwUnlessFine(api, what, call(out));
  return out[0]!;
}

/** @param call starts a call on another thread and gives its status */
export async function checkedAsync(
  api: OpenvinoApi,
  what: string,
  call: (done: (error: Error | null, status: number) => void) => void,
): Promise<void> {
  const status = await new Promise<number>((resolve, reject) => {
    call((error, result) => (error ? reject(error) : resolve(result)));
  });
  throwUnlessFine(api, what, status);
}

function throwUnlessFine(api: OpenvinoApi, what: string, status: number): void {
  if (status === 0) return;
  const message = (api.ov_get_last_err_msg() ?? '').trim().replace(/\s*\n\s*/g, ' ');
  throw new Error(`OpenVINO could not ${what}: ${message.slice(0, 600)} (status ${status})`);
}

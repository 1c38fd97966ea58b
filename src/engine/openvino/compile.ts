// An ONNX model compiled by OpenVINO's CPU plugin. Knows nothing of arrays.
import { Handle } from '../handle.js';
import type { Pointer } from '../koffi.js';
import type { Precision } from '../types.js';
import type { OpenvinoApi } from './native/ffi.js';
import { checkedAsync, given, type OpenvinoLibrary } from './native/library.js';

export interface CompileOptions {
  readonly threads: number;
  readonly precision: Precision;
  /** Beginning of the name of a file for the times of the nodes; without it none are taken. */
  readonly profile?: string;
}

/** Compiles on another thread. */
export async function compile(
  { api, core }: OpenvinoLibrary,
  name: string,
  model: Uint8Array,
  options: CompileOptions,
): Promise<Handle> {
  const read = readModel(api, core, name, model);
  const properties = propertiesOf(options);
  const out: [Pointer | null] = [null];
  try {
    await checkedAsync(api, `compile ${name}`, (done) =>
      api.ov_core_compile_model_props.async(core, read, 'CPU', properties.length, properties, out, done),
    );
  } finally {
    api.ov_model_free(read);
  }
  return new Handle('compiled model', out[0], api.ov_compiled_model_free);
}

/** Compiles on this thread, which waits. */
export function compileNow(
  { api, core }: OpenvinoLibrary,
  name: string,
  model: Uint8Array,
  options: CompileOptions,
): Handle {
  const read = readModel(api, core, name, model);
  const properties = propertiesOf(options);
  try {
    const compiled = given(api, `compile ${name}`, (out) =>
      api.ov_core_compile_model_props(core, read, 'CPU', properties.length, properties, out),
    );
    return new Handle('compiled model', compiled, api.ov_compiled_model_free);
  } finally {
    api.ov_model_free(read);
  }
}

function readModel(api: OpenvinoApi, core: Pointer, name: string, model: Uint8Array): Pointer {
  return given(api, `read ${name}`, (out) =>
    api.ov_core_read_model_from_memory_buffer(core, model, model.byteLength, null, out),
  );
}

function propertiesOf({ threads, precision, profile }: CompileOptions): { key: string; value: string }[] {
  const properties = {
    INFERENCE_NUM_THREADS: String(threads),
    NUM_STREAMS: '1',
    PERFORMANCE_HINT: 'LATENCY',
    // Pinned threads would all land on the same cores when several runs share a machine.
    ENABLE_CPU_PINNING: 'NO',
    // Stated even for float32: the default is float16 on some processors.
    INFERENCE_PRECISION_HINT: precision,
    ...(profile !== undefined && { PERF_COUNT: 'YES' }),
  };
  return Object.entries(properties).map(([key, value]) => ({ key, value }));
}

/** OpenVINO drops the inputs that no result depends on. */
export function hasInput(api: OpenvinoApi, compiled: Handle, name: string): boolean {
  const port: [Pointer | null] = [null];
  if (api.ov_compiled_model_input_by_name(compiled.pointer, name, port) !== 0) return false;
  api.ov_output_const_port_free(port[0]!);
  return true;
}

// A graph compiled by onnxruntime behind its C API. The Node binding copies every output, even one that is written into an
// array of ours; here none is copied, which matters where gradients are large. The same library, the same bits.
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Graph, HostArray, TensorSpec } from '../../../trace/graph.js';
import { Handle } from '../../handle.js';
import { loadKoffi, type Pointer } from '../../koffi.js';
import { type NativeProgram, NativeSession } from '../../native-session.js';
import { lower } from '../lower.js';
import { bind, elementTypes, type OrtApi } from './ffi.js';

interface OrtLibrary {
  readonly api: OrtApi;
  /** The process's environment, and the memory that tensors lie in: they live as long as the process. */
  readonly env: Pointer;
  readonly memory: Pointer;
}

let loading: Promise<OrtLibrary | undefined> | undefined;

/** The library that onnxruntime-node brings; undefined where it cannot be reached in this way. */
export function loadLibrary(): Promise<OrtLibrary | undefined> {
  loading ??= load().catch(() => undefined);
  return loading;
}

async function load(): Promise<OrtLibrary | undefined> {
  const koffi = await loadKoffi('onnx');
  const root = dirname(require.resolve('onnxruntime-node/package.json'));
  const folder = join(root, 'bin', 'napi-v6', process.platform, process.arch);
  const name = readdirSync(folder).find((file) => /^(libonnxruntime\.(so\.1|1\.dylib)|onnxruntime\.dll)$/.test(file));
  if (name === undefined) return undefined;
  const api = bind(koffi, join(folder, name));
  const env = given(api, (out) => api.CreateEnv(logLevel, 'gpt-cli', out));
  return { api, env, memory: given(api, (out) => api.CreateCpuMemoryInfo(0, 0, out)) };
}

/** Fatal errors only: what goes wrong is thrown. */
const logLevel = 4;

/**
 * Compiles a graph for the CPU as `GraphSession` does.
 * @returns undefined where the library cannot be reached in this way
 * @throws GptError `onnx/op`
 */
export async function openNativeSession(graph: Graph, threads: number): Promise<NativeSession | undefined> {
  const library = await loadLibrary();
  if (!library) return undefined;
  const { api, env } = library;
  const lowered = lower(graph, 'cpu');
  const options = given(api, (out) => api.CreateSessionOptions(out));
  try {
    checked(api, api.SetIntraOpNumThreads(options, threads));
    checked(api, api.SetInterOpNumThreads(options, 1));
    checked(api, api.DisableMemPattern(options));
    checked(api, api.AddSessionConfigEntry(options, 'session.force_spinning_stop', '1'));
    const { model } = lowered;
    const out: [Pointer | null] = [null];
    const status = await new Promise<Pointer | null>((resolve, reject) => {
      api.CreateSessionFromArray.async(env, model, model.byteLength, options, out, (error, result) =>
        error ? reject(error) : resolve(result),
      );
    });
    checked(api, status);
    const session = new Handle('session', out[0], api.ReleaseSession);
    const ports = { inputs: [...lowered.inputs.values()], outputs: [...lowered.outputs.values()] };
    return new NativeSession(new OrtProgram(library, session, ports), graph, lowered);
  } finally {
    api.ReleaseSessionOptions(options);
  }
}

class OrtProgram implements NativeProgram {
  private readonly held = new Map<string, Handle>();

  constructor(
    private readonly library: OrtLibrary,
    private readonly session: Handle,
    private readonly ports: { readonly inputs: readonly string[]; readonly outputs: readonly string[] },
  ) {}

  reads(): boolean {
    return true;
  }

  hold(port: string, { dtype, shape }: TensorSpec, data: HostArray): Handle {
    const { api, memory } = this.library;
    const dims = BigInt64Array.from(shape.length > 0 ? shape : [1], BigInt);
    const type = elementTypes[dtype];
    const bytes = data.byteLength;
    const pointer = given(api, (out) =>
      api.CreateTensorWithDataAsOrtValue(memory, data, bytes, dims, shape.length, type, out),
    );
    const tensor = new Handle('tensor', pointer, api.ReleaseValue);
    this.held.set(port, tensor);
    return tensor;
  }

  async run(): Promise<void> {
    const { api } = this.library;
    const status = await new Promise<Pointer | null>((resolve, reject) => {
      api.Run.async(...this.arguments(), (error, result) => (error ? reject(error) : resolve(result)));
    });
    checked(api, status);
  }

  runNow(): void {
    checked(this.library.api, this.library.api.Run(...this.arguments()));
  }

  dispose(): void {
    this.session.dispose();
    this.held.clear();
  }

  private arguments(): Parameters<OrtApi['Run']> {
    const { inputs, outputs } = this.ports;
    const tensors = (names: readonly string[]) => names.map((name) => this.held.get(name)!.pointer);
    return [
      this.session.pointer,
      null,
      inputs,
      tensors(inputs),
      inputs.length,
      outputs,
      outputs.length,
      tensors(outputs),
    ];
  }
}

/** @throws Error with onnxruntime's own message */
function checked(api: OrtApi, status: Pointer | null): void {
  if (!status) return;
  const message = api.GetErrorMessage(status);
  api.ReleaseStatus(status);
  throw new Error(`onnxruntime: ${message.slice(0, 600)}`);
}

/** What a call writes through its last argument. */
function given(api: OrtApi, call: (out: [Pointer | null]) => Pointer | null): Pointer {
  const out: [Pointer | null] = [null];
  checked(api, call(out));
  return out[0]!;
}

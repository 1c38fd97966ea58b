// One graph, compiled by OpenVINO.
import type { Graph, HostArray } from '../../trace/graph.js';
import { Handle } from '../handle.js';
import type { Weights } from '../host-weights.js';
import { type HeldSpec, type NativeProgram, NativeSession } from '../native-session.js';
import { lowerAs } from '../onnx/lower.js';
import type { Locate } from '../onnx/writer.js';
import { type CompileOptions, compile, compileNow, hasInput } from './compile.js';
import { dialects } from './lowerings.js';
import { elementTypes } from './native/ffi.js';
import { checked, checkedAsync, given, loadOpenvino, type OpenvinoLibrary } from './native/library.js';
import { Profile } from './profile.js';

export interface OpenvinoOptions extends CompileOptions {
  /** Inputs of the graph that are none of the session. */
  readonly weights?: Weights | undefined;
}

/** Where OpenVINO's reader of ONNX models takes the offset of a tensor for its address in this process. */
const inMemory = '*/_ORT_MEM_ADDR_/*';

/**
 * Compiles a graph for the CPU.
 * @throws GptError `openvino/missing`, `openvino/load`, `onnx/op`
 */
export async function openSession(graph: Graph, { weights, ...options }: OpenvinoOptions): Promise<NativeSession> {
  const library = await loadOpenvino();
  const locate: Locate = (data) => ({ location: inMemory, offset: String(library.addressOf(data)) });
  const lowered = lowerAs(graph, { ...dialects[options.precision], locate }, weights);
  const compiled = await compile(library, graph.name, lowered.model, options);
  const profile = options.profile === undefined ? undefined : new Profile(library.api, options.profile);
  return new NativeSession(new OpenvinoProgram(library, graph.name, compiled, profile), graph, lowered);
}

/** As `openSession`, in this thread, which waits: for tests that cannot. */
export function openSessionNow(library: OpenvinoLibrary, graph: Graph, options: CompileOptions): NativeSession {
  const lowered = lowerAs(graph, dialects[options.precision]);
  const compiled = compileNow(library, graph.name, lowered.model, options);
  return new NativeSession(new OpenvinoProgram(library, graph.name, compiled, undefined), graph, lowered);
}

class OpenvinoProgram implements NativeProgram {
  private readonly request: Handle;

  constructor(
    private readonly library: OpenvinoLibrary,
    name: string,
    private readonly compiled: Handle,
    private readonly profile: Profile | undefined,
  ) {
    const { api } = library;
    const request = given(api, `prepare ${name}`, (out) =>
      api.ov_compiled_model_create_infer_request(compiled.pointer, out),
    );
    this.request = new Handle('request', request, api.ov_infer_request_free);
  }

  reads(input: string): boolean {
    return hasInput(this.library.api, this.compiled, input);
  }

  hold(port: string, { dtype, shape }: HeldSpec, data: HostArray): Handle {
    const { api } = this.library;
    const dims = BigInt64Array.from(shape.length > 0 ? shape : [1], BigInt);
    const pointer = given(api, `hold ${port}`, (out) =>
      api.ov_tensor_create_from_host_ptr(elementTypes[dtype], { rank: shape.length, dims }, data, out),
    );
    const tensor = new Handle('tensor', pointer, api.ov_tensor_free);
    checked(api, `take ${port}`, () => api.ov_infer_request_set_tensor(this.request.pointer, port, tensor.pointer));
    return tensor;
  }

  async run(): Promise<void> {
    const { api } = this.library;
    const start = performance.now();
    await checkedAsync(api, 'run a graph', (done) => api.ov_infer_request_infer.async(this.request.pointer, done));
    this.profile?.add(start, performance.now());
  }

  runNow(): void {
    checked(this.library.api, 'run a graph', () => this.library.api.ov_infer_request_infer(this.request.pointer));
  }

  /** Writes the profile, if there is one. */
  dispose(): void {
    this.profile?.write(this.request.pointer);
    this.request.dispose();
    this.compiled.dispose();
  }
}

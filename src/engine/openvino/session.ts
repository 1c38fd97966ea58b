// One graph, compiled by OpenVINO: arrays in by name, arrays out by name, read and written where they lie. Knows nothing of
// parameters or training.
import { type Graph, type HostArray, sizeOf, type TensorSpec } from '../../trace/graph.js';
import { Handle } from '../handle.js';
import { type Lowered, lowerAs } from '../onnx/lower.js';
import type { Weights } from '../onnx/weights.js';
import type { Locate } from '../onnx/writer.js';
import { type CompileOptions, compile, compileNow, hasInput } from './compile.js';
import { openvinoDialect } from './lowerings.js';
import { elementTypes } from './native/ffi.js';
import { checked, checkedAsync, given, loadOpenvino, type OpenvinoLibrary } from './native/library.js';

interface Slot {
  readonly onnxName: string;
  readonly spec: TensorSpec;
}

/** A native tensor over an array of ours, which it must not outlive. */
interface Bound {
  readonly data: HostArray;
  readonly tensor: Handle;
}

export interface OpenvinoOptions extends CompileOptions {
  /** Inputs that never change: they are compiled in. */
  readonly weights?: Weights | undefined;
}

/** Where OpenVINO's reader of ONNX models takes the offset of a tensor for its address in this process. */
const inMemory = '*/_ORT_MEM_ADDR_/*';

/** Inputs up to this size are copied into an array that stays bound; larger ones are read where they lie. */
const copied = 2 ** 16;

export class OpenvinoSession {
  private readonly bound = new Map<string, Bound>();
  private readonly own = new Map<string, HostArray>();
  private readonly fixed = new Set<string>();
  private released = false;

  private constructor(
    private readonly library: OpenvinoLibrary,
    private readonly compiled: Handle,
    private readonly request: Handle,
    private readonly inputs: ReadonlyMap<string, Slot>,
    private readonly outputs: ReadonlyMap<string, Slot>,
  ) {}

  /**
   * Compiles a graph for the CPU.
   * @throws GptError `openvino/missing`, `openvino/load`, `onnx/op`
   */
  static async open(graph: Graph, { weights, ...options }: OpenvinoOptions): Promise<OpenvinoSession> {
    const library = await loadOpenvino();
    const locate: Locate = (data) => ({ location: inMemory, offset: String(library.addressOf(data)) });
    const lowered = lowerAs(graph, { ...openvinoDialect, locate }, weights);
    return OpenvinoSession.of(library, graph, lowered, await compile(library, graph.name, lowered.model, options));
  }

  /** As `open`, in this thread, which waits: for tests that cannot. */
  static openNow(library: OpenvinoLibrary, graph: Graph, options: CompileOptions): OpenvinoSession {
    const lowered = lowerAs(graph, openvinoDialect);
    return OpenvinoSession.of(library, graph, lowered, compileNow(library, graph.name, lowered.model, options));
  }

  private static of(library: OpenvinoLibrary, graph: Graph, { inputs, outputs }: Lowered, compiled: Handle) {
    const { api } = library;
    const request = given(api, `prepare ${graph.name}`, (out) =>
      api.ov_compiled_model_create_infer_request(compiled.pointer, out),
    );
    const slots = (ports: Graph['inputs'], names: ReadonlyMap<string, string>, read: (name: string) => boolean) =>
      new Map(
        ports
          .map(({ name, value }) => [name, { onnxName: names.get(name)!, spec: value }] as const)
          .filter(([, { onnxName }]) => onnxName !== undefined && read(onnxName)),
      );
    return new OpenvinoSession(
      library,
      compiled,
      new Handle('request', request, api.ov_infer_request_free),
      slots(graph.inputs, inputs, (name) => hasInput(api, compiled, name)),
      slots(graph.outputs, outputs, () => true),
    );
  }

  /** Gives an input the same array in every run; it is read where it lies, at each run again. */
  bindInput(name: string, data: HostArray): void {
    const slot = this.inputs.get(name);
    if (slot) this.bind(slot, data);
  }

  /** Has an output written into this array by every run. */
  bindOutput(name: string, data: HostArray): void {
    this.fixed.add(name);
    this.bind(this.outputs.get(name)!, data);
  }

  /**
   * Runs once.
   * @param feeds the inputs that are not bound, of their spec's type and size
   * @returns the outputs that are not bound
   */
  async run(feeds: Readonly<Record<string, HostArray>>): Promise<Record<string, HostArray>> {
    const results = this.prepare(feeds);
    const { api } = this.library;
    await checkedAsync(api, 'run a graph', (done) => api.ov_infer_request_infer.async(this.request.pointer, done));
    return results;
  }

  /** As `run`, in this thread, which waits: for tests that cannot. */
  runNow(feeds: Readonly<Record<string, HostArray>>): Record<string, HostArray> {
    const results = this.prepare(feeds);
    checked(this.library.api, 'run a graph', () => this.library.api.ov_infer_request_infer(this.request.pointer));
    return results;
  }

  /** Binds what a run reads and the arrays that it writes; these. */
  private prepare(feeds: Readonly<Record<string, HostArray>>): Record<string, HostArray> {
    if (this.released) throw new Error('the session was released');
    for (const [name, data] of Object.entries(feeds)) this.feed(name, data);
    const results: Record<string, HostArray> = {};
    for (const [name, slot] of this.outputs) {
      if (this.fixed.has(name)) continue;
      const data = offHeap(slot.spec);
      this.bind(slot, data);
      results[name] = viewOf(data, slot.spec);
    }
    return results;
  }

  async release(): Promise<void> {
    if (this.released) return;
    this.released = true;
    this.request.dispose();
    this.compiled.dispose();
    for (const { tensor } of this.bound.values()) tensor.dispose();
    this.bound.clear();
    this.own.clear();
  }

  private feed(name: string, data: HostArray): void {
    const slot = this.inputs.get(name);
    if (!slot) return;
    if (data.byteLength > copied) {
      this.bind(slot, data);
      return;
    }
    const own = this.own.get(name) ?? offHeap(slot.spec);
    this.own.set(name, own);
    own.set(data);
    this.bind(slot, own);
  }

  private bind({ onnxName, spec }: Slot, data: HostArray): void {
    const before = this.bound.get(onnxName);
    if (before?.data === data) return;
    const { api } = this.library;
    const { dtype, shape } = spec;
    const dims = BigInt64Array.from(shape.length > 0 ? shape : [1], BigInt);
    const pointer = given(api, `hold ${onnxName}`, (out) =>
      api.ov_tensor_create_from_host_ptr(elementTypes[dtype], { rank: shape.length, dims }, data, out),
    );
    const tensor = new Handle('tensor', pointer, api.ov_tensor_free);
    checked(api, `take ${onnxName}`, () =>
      api.ov_infer_request_set_tensor(this.request.pointer, onnxName, tensor.pointer),
    );
    // The request keeps the tensor, but nothing native keeps the array.
    this.bound.set(onnxName, { data, tensor });
    before?.tensor.dispose();
  }
}

const arrays = { float32: Float32Array, int32: Int32Array, bool: Uint8Array } as const;

/** Zeros that the collector never moves: small typed arrays would lie on V8's heap. At least one number. */
function offHeap({ dtype, shape }: TensorSpec): HostArray {
  const ArrayType = arrays[dtype];
  return new ArrayType(new ArrayBuffer(Math.max(64, sizeOf(shape) * ArrayType.BYTES_PER_ELEMENT)));
}

/** The part of it that the tensor has. */
function viewOf(data: HostArray, { shape }: TensorSpec): HostArray {
  const size = sizeOf(shape);
  return data.length === size ? data : (data.subarray(0, size) as HostArray);
}

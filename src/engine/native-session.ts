// A graph compiled behind a C API: arrays in by name, arrays out by name, read and written where they lie. Knows neither
// OpenVINO nor onnxruntime, and nothing of parameters or training.
import { type DType, type Graph, type HostArray, sizeOf, type TensorSpec } from '../trace/graph.js';
import type { Handle } from './handle.js';
import type { HostSession } from './host-engine.js';
import type { Lowered } from './onnx/lower.js';

export interface HeldSpec {
  readonly shape: readonly number[];
  readonly dtype: DType | 'uint8';
}

/** What a library makes of a model. Ports have the model's names. */
export interface NativeProgram {
  /** Whether an input is read: the library may drop what no result depends on. */
  reads(input: string): boolean;
  /** A native tensor over an array of ours, which it must not outlive; runs read or write it until another is held there. */
  hold(port: string, spec: HeldSpec, data: HostArray): Handle;
  /** Runs on another thread. */
  run(): Promise<void>;
  /** Runs on this thread, which waits: for tests that cannot. */
  runNow(): void;
  dispose(): void;
}

interface Port<Spec = TensorSpec> {
  readonly port: string;
  readonly spec: Spec;
}

interface Bound {
  readonly data: HostArray;
  readonly tensor: Handle;
}

/** Inputs up to this size are copied into an array that stays bound; larger ones are read where they lie. */
const copied = 2 ** 16;

export class NativeSession implements HostSession {
  private readonly inputs: ReadonlyMap<string, Port>;
  private readonly outputs: ReadonlyMap<string, Port>;
  private readonly bound = new Map<string, Bound>();
  private readonly own = new Map<string, HostArray>();
  private readonly fixed = new Set<string>();
  private released = false;

  /** @param model the names in it of the graph's inputs and outputs, and what it reads besides */
  constructor(
    private readonly program: NativeProgram,
    graph: Graph,
    model: Pick<Lowered, 'inputs' | 'outputs' | 'fed'>,
  ) {
    const ports = (specs: Graph['inputs'], named: ReadonlyMap<string, string>) =>
      specs.flatMap(({ name, value }) => {
        const port = named.get(name); // none for what is compiled in
        return port === undefined ? [] : [[name, { port, spec: value }] as const];
      });
    this.inputs = new Map(ports(graph.inputs, model.inputs).filter(([, { port }]) => program.reads(port)));
    this.outputs = new Map(ports(graph.outputs, model.outputs));
    for (const { name, type, shape, data } of model.fed)
      if (program.reads(name)) this.bind({ port: name, spec: { dtype: type, shape } }, data);
  }

  bindInput(name: string, data: HostArray): void {
    const port = this.inputs.get(name);
    if (port) this.bind(port, data);
  }

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
    await this.program.run();
    return results;
  }

  /** As `run`, in this thread. */
  runNow(feeds: Readonly<Record<string, HostArray>>): Record<string, HostArray> {
    const results = this.prepare(feeds);
    this.program.runNow();
    return results;
  }

  async release(): Promise<void> {
    if (this.released) return;
    this.released = true;
    this.program.dispose();
    for (const { tensor } of this.bound.values()) tensor.dispose();
    this.bound.clear();
    this.own.clear();
  }

  /** Binds what a run reads and the arrays that it writes; these. */
  private prepare(feeds: Readonly<Record<string, HostArray>>): Record<string, HostArray> {
    if (this.released) throw new Error('the session was released');
    for (const [name, data] of Object.entries(feeds)) this.feed(name, data);
    const results: Record<string, HostArray> = {};
    for (const [name, port] of this.outputs) {
      if (this.fixed.has(name)) continue;
      const data = offHeap(port.spec);
      this.bind(port, data);
      results[name] = viewOf(data, port.spec);
    }
    return results;
  }

  private feed(name: string, data: HostArray): void {
    const port = this.inputs.get(name);
    if (!port) return;
    if (data.byteLength > copied) {
      this.bind(port, data);
      return;
    }
    const own = this.own.get(name) ?? offHeap(port.spec);
    this.own.set(name, own);
    own.set(data);
    this.bind(port, own);
  }

  private bind({ port, spec }: Port<HeldSpec>, data: HostArray): void {
    const before = this.bound.get(port);
    if (before?.data === data) return;
    // Nothing native keeps the array.
    this.bound.set(port, { data, tensor: this.program.hold(port, spec, data) });
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

// One graph, compiled by onnxruntime: arrays in by name, arrays out by name. Knows nothing of parameters or training.
import type { InferenceSession, Tensor } from 'onnxruntime-node';
import type { Graph, HostArray, TensorSpec } from '../../trace/graph.js';
import type { HostSession } from '../host-engine.js';
import type { Weights } from '../host-weights.js';
import type { Device } from '../types.js';
import { lower } from './lower.js';
import { loadRuntime, type Ort } from './runtime.js';

export interface SessionOptions {
  readonly device: Device;
  readonly threads: number;
  /** Writes a profile to files that begin so. */
  readonly profile?: string;
  /** Which outputs, by name, stay on the device: `runOnDevice` gives them. For webgpu, and for cpu in tests. */
  readonly onDevice?: (output: string) => boolean;
  /** Writes the graph as for this device; for tests without one. */
  readonly dialect?: Device;
  /** Inputs of the graph that are none of the session. */
  readonly weights?: Weights;
}

/** A tensor in the device's memory, an output of some run. It must be disposed, while a session of its device is open. */
export type DeviceTensor = Tensor;

export interface DeviceResults {
  readonly onHost: Record<string, HostArray>;
  readonly onDevice: Record<string, DeviceTensor>;
}

interface Slot {
  readonly onnxName: string;
  readonly spec: TensorSpec;
}

export class GraphSession implements HostSession {
  private readonly bound: Record<string, Tensor> = {};
  private readonly fetched: Record<string, Tensor | null> = {};
  private released = false;

  private constructor(
    private readonly ort: Ort,
    private readonly session: InferenceSession,
    private readonly inputs: ReadonlyMap<string, Slot>,
    private readonly outputs: ReadonlyMap<string, Slot>,
    private readonly profiled: boolean,
    private readonly onDevice: (output: string) => boolean = () => false,
  ) {
    for (const { onnxName } of outputs.values()) this.fetched[onnxName] = null;
  }

  /**
   * Compiles a graph.
   * @throws GptError `onnx/missing`, `onnx/op`
   */
  static async open(graph: Graph, options: SessionOptions): Promise<GraphSession> {
    const ort = await loadRuntime();
    const lowered = lower(graph, options.dialect ?? options.device, options.weights);
    const { model, inputs, outputs, cpuNodes, external, fed } = lowered;
    const session = await ort.InferenceSession.create(model, {
      ...sessionOptions(options, cpuNodes),
      ...(external.length > 0 && { externalData: external }),
      ...(options.onDevice && options.device === 'webgpu' ? locations(outputs, options.onDevice) : {}),
    });
    const slots = (ports: Graph['inputs'], names: ReadonlyMap<string, string>) =>
      new Map(
        ports.flatMap(({ name, value }) => {
          const onnxName = names.get(name);
          return onnxName === undefined ? [] : [[name, { onnxName, spec: value }] as const];
        }),
      );
    const ports = [slots(graph.inputs, inputs), slots(graph.outputs, outputs)] as const;
    const opened = new GraphSession(ort, session, ...ports, options.profile !== undefined, options.onDevice);
    for (const { name, type, data, shape } of fed) opened.bound[name] = new ort.Tensor(type, data, shape);
    return opened;
  }

  /** Gives an input the same array in every run; it is read in place, at each run. */
  bindInput(name: string, data: HostArray): void {
    const slot = this.inputs.get(name)!;
    this.bound[slot.onnxName] = this.tensor(data, slot.spec);
  }

  /** Has an output written into this array by every run. */
  bindOutput(name: string, data: HostArray): void {
    const slot = this.outputs.get(name)!;
    this.fetched[slot.onnxName] = this.tensor(data, slot.spec);
  }

  /**
   * Runs once.
   * @param feeds the inputs that are not bound, of their spec's type and size
   * @returns the outputs that are not bound
   */
  async run(feeds: Readonly<Record<string, HostArray | DeviceTensor>>): Promise<Record<string, HostArray>> {
    return (await this.runOnDevice(feeds)).onHost;
  }

  /** Runs once; outputs that stay on the device are the caller's to dispose. */
  async runOnDevice(feeds: Readonly<Record<string, HostArray | DeviceTensor>>): Promise<DeviceResults> {
    if (this.released) throw new Error('the session was released');
    const all: Record<string, Tensor> = { ...this.bound };
    for (const [name, data] of Object.entries(feeds)) {
      const slot = this.inputs.get(name)!;
      all[slot.onnxName] = this.tensor(data, slot.spec);
    }
    const found = await this.session.run(all, this.fetched);
    const results: DeviceResults = { onHost: {}, onDevice: {} };
    for (const [name, { onnxName }] of this.outputs) {
      if (this.fetched[onnxName] !== null) continue;
      const tensor = found[onnxName]!;
      if (this.onDevice(name)) results.onDevice[name] = tensor;
      else results.onHost[name] = tensor.data as HostArray;
    }
    return results;
  }

  /** Writes the profile, if there is one. */
  async release(): Promise<void> {
    if (this.released) return;
    this.released = true;
    if (this.profiled) this.session.endProfiling();
    await this.session.release();
  }

  private tensor(data: HostArray | DeviceTensor, { dtype, shape }: TensorSpec): Tensor {
    if (data instanceof this.ort.Tensor) return data;
    return new this.ort.Tensor(dtype, data as Float32Array, shape);
  }
}

/** Steps run one after the other on one session, so one node at a time with all threads inside it. */
function sessionOptions(
  { device, threads, profile }: SessionOptions,
  cpuNodes: readonly string[],
): InferenceSession.SessionOptions {
  return {
    executionProviders: device === 'cpu' ? ['cpu'] : [provider(device, cpuNodes), 'cpu'],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    // Planning all memory at once took up to twice the peak of allocating as it goes.
    enableMemPattern: false,
    graphOptimizationLevel: 'all',
    logSeverityLevel: 4,
    // Each session has threads of its own. They must not spin while another session runs, nor long where another program
    // has work: they wait 20 microseconds for the next node, then sleep.
    extra: { session: { force_spinning_stop: '1', intra_op: { spin_duration_us: '20' } } },
    ...(profile ? { enableProfiling: true, profileFilePrefix: profile } : {}),
  };
}

function provider(device: Device, cpuNodes: readonly string[]): InferenceSession.ExecutionProviderConfig {
  if (device !== 'webgpu' || cpuNodes.length === 0) return device;
  return { name: device, forceCpuNodeNames: cpuNodes };
}

function locations(outputs: ReadonlyMap<string, string>, onDevice: (output: string) => boolean) {
  const places = [...outputs].map(([name, onnxName]) => [onnxName, onDevice(name) ? 'gpu-buffer' : 'cpu'] as const);
  return { preferredOutputLocation: Object.fromEntries(places) };
}

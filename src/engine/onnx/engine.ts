// The embedded engine: steps compiled by onnxruntime. On the CPU it is a HostEngine; what keeps its state on a device is in
// `webgpu/`.
import { type Graph, sizeOf } from '../../trace/graph.js';
import { HostEngine, type HostRuntime, type HostSession } from '../host-engine.js';
import { profileOf } from '../profile-name.js';
import type { Device, Engine, GraphListener } from '../types.js';
import { prepared } from './graphs.js';
import { openNativeSession } from './native/session.js';
import { loadRuntime } from './runtime.js';
import { GraphSession } from './session.js';
import { compiledUpdates } from './update.js';
import { DeviceEngine } from './webgpu/engine.js';

export interface OnnxEngineOptions {
  readonly device: Device;
  readonly threads: number;
  /** Beginning of the names of onnxruntime's own profiles, written when a program is disposed. */
  readonly profile?: string;
  /** Called with every graph before it is compiled. What it throws, the compilation throws. */
  readonly onGraph?: GraphListener;
  /** Whether parameters and slots stay on the device between steps. Default: on webgpu. */
  readonly stateOnDevice?: boolean;
  /** Writes graphs as for this device; for tests without one. */
  readonly dialect?: Device;
}

/** @throws GptError `onnx/missing` */
export async function createOnnxEngine(options: OnnxEngineOptions): Promise<Engine> {
  await loadRuntime();
  const { device, threads, onGraph, stateOnDevice = device === 'webgpu' } = options;
  const { profile, ...plain } = options;
  const runtime: HostRuntime = {
    name: 'onnx',
    device,
    threads,
    onGraph,
    prepared,
    open: async (graph) =>
      (await withoutCopies(graph, options)) ??
      GraphSession.open(graph, { ...plain, ...(profile && { profile: profileOf(profile, graph.name) }) }),
    updates: (state, optimizer) => compiledUpdates(state, optimizer, plain),
  };
  return stateOnDevice ? new DeviceEngine(runtime, options) : new HostEngine(runtime);
}

/** Bytes of outputs from which the copies that the Node binding makes of them matter. */
const large = 64e6;

/** A graph with large outputs, gradients, on the CPU, behind onnxruntime's C API; undefined for others, and where that is not there. */
async function withoutCopies(graph: Graph, options: OnnxEngineOptions): Promise<HostSession | undefined> {
  const { device, threads, profile, dialect = device } = options;
  const bytes = graph.outputs.reduce((sum, { value }) => sum + 4 * sizeOf(value.shape), 0);
  if (bytes < large || device !== 'cpu' || dialect !== 'cpu' || profile !== undefined) return undefined;
  return openNativeSession(graph, threads);
}

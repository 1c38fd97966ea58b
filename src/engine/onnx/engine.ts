// The embedded engine: steps compiled by onnxruntime. On the CPU it is a HostEngine; what keeps its state on a device is in
// `webgpu/`.
import { HostEngine, type HostRuntime } from '../host-engine.js';
import { profileOf } from '../profile-name.js';
import type { Device, Engine, GraphListener } from '../types.js';
import { prepared } from './graphs.js';
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
    open: (graph, weights) =>
      GraphSession.open(graph, {
        ...plain,
        ...(profile && { profile: profileOf(profile, graph.name) }),
        ...(weights && { weights }),
      }),
    updates: (state, optimizer) => compiledUpdates(state, optimizer, plain),
  };
  return stateOnDevice ? new DeviceEngine(runtime, options) : new HostEngine(runtime);
}

// Steps compiled by OpenVINO's CPU plugin; the optimizer is that of the onnx engine.
import { HostEngine } from '../host-engine.js';
import { compiledUpdates } from '../onnx/update.js';
import { profileOf } from '../profile-name.js';
import type { Engine, GraphListener, Precision } from '../types.js';
import { prepared } from './graphs.js';
import { loadOpenvino } from './native/library.js';
import { openSession } from './session.js';

export interface OpenvinoEngineOptions {
  readonly threads: number;
  /** Of the operands of matrix products and of what lies between them; parameters, gradients and slots are float32. */
  readonly precision: Precision;
  /** Beginning of the names of profiles, one for each program, written when it is disposed. */
  readonly profile?: string;
  /** Called with every graph before it is compiled. What it throws, the compilation throws. */
  readonly onGraph?: GraphListener;
}

/** @throws GptError `openvino/missing`, `openvino/load`, `openvino/ffi` */
export async function createOpenvinoEngine(options: OpenvinoEngineOptions): Promise<Engine> {
  await loadOpenvino();
  const { threads, precision, profile, onGraph } = options;
  return new HostEngine({
    name: 'openvino',
    device: 'cpu',
    threads,
    precision,
    onGraph,
    prepared,
    open: (graph, weights) =>
      openSession(graph, { threads, precision, weights, ...(profile && { profile: profileOf(profile, graph.name) }) }),
    updates: (state, optimizer) =>
      compiledUpdates(state, optimizer, { device: 'cpu', threads, ...(onGraph && { onGraph }) }),
  });
}

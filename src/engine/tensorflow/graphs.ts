// The graphs that this engine compiles: traced, composites that a mode has no lowering for inlined, improved.
import type { Graph } from '../../trace/graph.js';
import { optimize, trace } from '../../trace/index.js';
import type { StepFunction } from '../types.js';
import { kept } from './lower.js';
import type { Mode } from './writer.js';

/** Evaluation, logits. */
export function inferenceGraph(step: StepFunction, mode: Mode): Graph {
  return optimize(trace(step), { keep: kept(mode) });
}

/** With the gradients of the output `loss`. */
export function trainingGraph(step: StepFunction, mode: Mode, trainable: (name: string) => boolean): Graph {
  return optimize(trace(step, { gradients: true, trainable }), { keep: kept(mode) });
}

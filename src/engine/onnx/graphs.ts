// The graphs that this engine compiles: traced, composites that it has no operator for inlined, improved.
import type { Graph } from '../../trace/graph.js';
import { optimize, trace } from '../../trace/index.js';
import type { StepFunction } from '../types.js';
import { scatterIntoSum, shareGelu, turnFirst } from './fuse.js';
import { kept } from './lower.js';

/** Evaluation, logits. */
export function inferenceGraph(step: StepFunction): Graph {
  return prepared(trace(step));
}

/** With the gradients of the output `loss`. */
export function trainingGraph(step: StepFunction, trainable: (name: string) => boolean): Graph {
  return prepared(trace(step, { gradients: true, trainable }));
}

/** A traced graph as this engine wants it. */
export function prepared(graph: Graph): Graph {
  const improved = optimize(graph, { keep: (op) => kept.has(op) });
  return [scatterIntoSum, shareGelu, turnFirst].reduce((fused, pass) => pass(fused), improved);
}

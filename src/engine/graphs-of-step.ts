// The graphs of a step, traced, and improved as an engine wants it.
import type { Graph } from '../trace/graph.js';
import { trace } from '../trace/index.js';
import type { StepFunction } from './types.js';

/** Rewrites a traced graph for an engine. */
export type GraphPass = (graph: Graph) => Graph;

/** Evaluation, logits. */
export function inferenceGraph(step: StepFunction, prepared: GraphPass): Graph {
  return prepared(trace(step));
}

/** With the gradients of the output `loss`. @param trained names of the arrays that get one; default: all */
export function trainingGraph(step: StepFunction, trained: readonly string[] | undefined, prepared: GraphPass): Graph {
  const names = trained && new Set(trained);
  return prepared(trace(step, { gradients: true, trainable: (name) => names?.has(name) ?? true }));
}

// The graphs that this engine compiles: as onnxruntime's, but products turn their operands by themselves.
import type { Graph } from '../../trace/graph.js';
import { optimize, trace } from '../../trace/index.js';
import { scatterIntoSum, shareGelu } from '../onnx/fuse.js';
import { kept } from '../onnx/lower.js';
import type { StepFunction } from '../types.js';

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
  return shareGelu(scatterIntoSum(optimize(graph, { keep: (op) => kept.has(op) })));
}

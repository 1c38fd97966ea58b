// The graphs that engines compile, for those who only want to know what they cost.
import type { Graph } from '../trace/graph.js';
import { trace } from '../trace/index.js';
import { inferenceGraph, trainingGraph } from './onnx/graphs.js';
import { prepared } from './tensorflow/graphs.js';
import type { StepFunction } from './types.js';

interface Graphs {
  /** Evaluation, logits. */
  inferenceGraph(step: StepFunction): Graph;
  /** With the gradients of the output `loss`. */
  trainingGraph(step: StepFunction, trainable: (name: string) => boolean): Graph;
}

export const graphsOfEngine: Readonly<Record<'onnx' | 'tensorflow', Graphs>> = {
  onnx: { inferenceGraph, trainingGraph },
  tensorflow: {
    inferenceGraph: (step) => prepared(trace(step)),
    trainingGraph: (step, trainable) => prepared(trace(step, { gradients: true, trainable })),
  },
};

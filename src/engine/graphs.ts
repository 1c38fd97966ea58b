// The graphs that engines compile, for those who only want to know what they cost.
import type { Graph } from '../trace/graph.js';
import { trace } from '../trace/index.js';
import { inferenceGraph, trainingGraph } from './onnx/graphs.js';
import { inferenceGraph as openvinoInference, trainingGraph as openvinoTraining } from './openvino/graphs.js';
import { prepared } from './tensorflow/graphs.js';
import type { StepFunction } from './types.js';

interface Graphs {
  /** Evaluation, logits. */
  inferenceGraph(step: StepFunction): Graph;
  /** With the gradients of the output `loss`. */
  trainingGraph(step: StepFunction, trainable: (name: string) => boolean): Graph;
}

export const graphsOfEngine: Readonly<Record<'onnx' | 'openvino' | 'tensorflow', Graphs>> = {
  onnx: { inferenceGraph, trainingGraph },
  openvino: { inferenceGraph: openvinoInference, trainingGraph: openvinoTraining },
  tensorflow: {
    inferenceGraph: (step) => prepared(trace(step)),
    trainingGraph: (step, trainable) => prepared(trace(step, { gradients: true, trainable })),
  },
};

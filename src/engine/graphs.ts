// The graphs that engines compile, for those who only want to know what they cost.
import type { Graph } from '../trace/graph.js';
import { peakBytes } from '../trace/index.js';
import type { GraphPass } from './graphs-of-step.js';
import { prepared as onnx } from './onnx/graphs.js';
import { arenaBytes, peakWithLosses } from './onnx/memory.js';
import { prepared as openvino } from './openvino/graphs.js';
import { prepared as tensorflow } from './tensorflow/graphs.js';

export { inferenceGraph, trainingGraph } from './graphs-of-step.js';

/** How each engine rewrites a traced graph. */
export const preparedBy: Readonly<Record<'onnx' | 'openvino' | 'tensorflow', GraphPass>> = {
  onnx,
  openvino,
  tensorflow,
};

/** Bytes that an engine holds for the values inside a compiled graph. */
export const valueBytes: Readonly<Record<'onnx' | 'openvino' | 'tensorflow', (graph: Graph) => number>> = {
  onnx: arenaBytes,
  openvino: peakWithLosses,
  tensorflow: peakBytes,
};

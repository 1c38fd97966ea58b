// The graphs that engines compile, for those who only want to know what they cost.
import type { GraphPass } from './graphs-of-step.js';
import { prepared as onnx } from './onnx/graphs.js';
import { prepared as openvino } from './openvino/graphs.js';
import { prepared as tensorflow } from './tensorflow/graphs.js';

export { inferenceGraph, trainingGraph } from './graphs-of-step.js';

/** How each engine rewrites a traced graph. */
export const preparedBy: Readonly<Record<'onnx' | 'openvino' | 'tensorflow', GraphPass>> = {
  onnx,
  openvino,
  tensorflow,
};

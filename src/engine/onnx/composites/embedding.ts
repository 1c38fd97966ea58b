// Rows of a table, and their gradient as one scatter: into zeros, or into what it is to be added to.
import { scatter } from '../lowerings/indexing.js';
import type { Lowering } from '../lowerings/lowering.js';

/** table, ids -> rows */
export const embedding: Lowering = (onnx, inputs) => [onnx.op('Gather', inputs, { axis: 0 })];

/** base, dy, ids -> base with row n of dy added to row ids[n] (see fuse.ts) */
export const addRows: Lowering = (onnx, [base, dy, ids], node) => {
  const { shape } = node.outputs[0]!;
  const indexShape = [node.inputs[2]!.shape[0]!, 1];
  return [scatter(onnx, { base: base!, shape, indices: ids!, indexShape, updates: dy!, reduction: 'add' })];
};

/** dy, ids -> dtable */
export const embeddingGrad: Lowering = (onnx, [dy, ids], node) => {
  const { shape } = node.outputs[0]!;
  const base = onnx.op('Expand', [onnx.scalar(0), onnx.int64s(shape)]);
  const indexShape = [node.inputs[1]!.shape[0]!, 1];
  return [scatter(onnx, { base, shape, indices: ids!, indexShape, updates: dy!, reduction: 'add' })];
};

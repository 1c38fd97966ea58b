// Rows of a table, and their gradient as one scatter into zeros.
import type { Lowering } from '../lowerings/lowering.js';
import type { Name, OnnxWriter } from '../writer.js';

/** table, ids -> rows */
export const embedding: Lowering = (onnx, inputs) => [onnx.op('Gather', inputs, { axis: 0 })];

/** Adds row n of dy to row ids[n] of the base. */
export function scatterRows(onnx: OnnxWriter, base: Name, dy: Name, ids: Name): Name {
  const places = onnx.op('Unsqueeze', [onnx.cast(ids, 'int64'), onnx.int64s([1])]);
  return onnx.op('ScatterND', [base, places, dy], { reduction: 'add' });
}

/** dy, ids -> dtable */
export const embeddingGrad: Lowering = (onnx, [dy, ids], node) => {
  const zeros = onnx.op('Expand', [onnx.scalar(0), onnx.int64s(node.outputs[0]!.shape)]);
  return [scatterRows(onnx, zeros, dy!, ids!)];
};

// Matrix products.
import { microsoft } from '../writer.js';
import { flag, type Lowering, type Lowerings } from './lowering.js';

const batchMatMul: Lowering = (onnx, inputs, node) => {
  const [transA, transB] = [flag(node, 'transposeA'), flag(node, 'transposeB')];
  if (!transA && !transB) return [onnx.op('MatMul', inputs)];
  if (node.inputs.every((input) => input.shape.length === 2)) return [onnx.op('Gemm', inputs, { transA, transB })];
  return [onnx.op('FusedMatMul', inputs, { transA, transB }, microsoft)];
};

export const products: Lowerings = {
  BatchMatMul: batchMatMul,
  Einsum: (onnx, inputs, node) => [onnx.op('Einsum', inputs, { equation: node.attributes['equation'] as string })],
};

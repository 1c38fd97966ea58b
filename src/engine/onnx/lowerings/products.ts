// Matrix products.
import { microsoft, type Name, type OnnxWriter } from '../writer.js';
import { flag, type Lowering, type Lowerings, range } from './lowering.js';
import { reshape } from './shapes.js';

export interface Product {
  readonly transA: 0 | 1;
  readonly transB: 0 | 1;
  readonly alpha?: number;
  /** Of both operands: needed where transposes are nodes of their own. */
  readonly ranks: readonly [number, number];
}

/** alpha a b, of matrices or batches of them, either transposed: one operator, or several where that one is lacking. */
export function matrixProduct(onnx: OnnxWriter, a: Name, b: Name, product: Product): Name {
  const { transA, transB, alpha, ranks } = product;
  if (!onnx.lacks.has('FusedMatMul')) {
    const scale = alpha === undefined ? {} : { alpha: { float: alpha } };
    return onnx.op('FusedMatMul', [a, b], { transA, transB, ...scale }, microsoft);
  }
  const turned = (x: Name, rank: number) =>
    onnx.op('Transpose', [x], { perm: [...range(rank - 2), rank - 1, rank - 2] });
  const inputs = [transA ? turned(a, ranks[0]) : a, transB ? turned(b, ranks[1]) : b];
  const plain = onnx.op('MatMul', inputs);
  return (alpha ?? 1) === 1 ? plain : onnx.op('Mul', [plain, onnx.scalar(alpha!)]);
}

/** Sums of the columns of x [R, C] as a product with ones, in half the time of ReduceSum: [C]. */
export function columnSums(onnx: OnnxWriter, x: Name, rows: number, columns: number): Name {
  const ones = onnx.sharedConstant(`ones ${rows}`, new Float32Array(rows).fill(1), [1, rows]);
  return reshape(onnx, onnx.op('MatMul', [ones, x]), [columns]);
}

/** x w of x [R, C] and w [C]: [R, 1]. As w x^T, which reads x as it lies, in a quarter of the time of x w. */
export function rowProducts(onnx: OnnxWriter, x: Name, w: Name, rows: number, columns: number): Name {
  const product = onnx.op('Gemm', [reshape(onnx, w, [1, columns]), x], { transB: 1 });
  return reshape(onnx, product, [rows, 1]);
}

/** [K, M] to [M, K], by way of [1, K, M]: onnxruntime would merge a plain transposition into the product again. */
const turned: Lowering = (onnx, [a], { inputs }) => {
  const [length, rows] = inputs[0]!.shape as [number, number];
  const one = onnx.op('Transpose', [reshape(onnx, a!, [1, length, rows])], { perm: [0, 2, 1] });
  return [reshape(onnx, one, [rows, length])];
};

const batchMatMul: Lowering = (onnx, inputs, node) => {
  const [transA, transB] = [flag(node, 'transposeA'), flag(node, 'transposeB')];
  if (!transA && !transB) return [onnx.op('MatMul', inputs)];
  const ranks = node.inputs.map((input) => input.shape.length) as [number, number];
  if (ranks.every((rank) => rank === 2)) return [onnx.op('Gemm', inputs, { transA, transB })];
  return [matrixProduct(onnx, inputs[0]!, inputs[1]!, { transA, transB, ranks })];
};

export const products: Lowerings = {
  BatchMatMul: batchMatMul,
  Turned: turned,
  Einsum: (onnx, inputs, node) => [onnx.op('Einsum', inputs, { equation: node.attributes['equation'] as string })],
};

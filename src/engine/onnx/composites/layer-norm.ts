// Layer normalization: onnxruntime's operator forward, the fewest passes over [N, C] backward.
import { type Lowering, number } from '../lowerings/lowering.js';
import { reshape } from '../lowerings/shapes.js';
import type { Name, OnnxWriter } from '../writer.js';

/** Sums over the rows of a matrix, whose shape is given, as [C]. */
export type ColumnSums = (onnx: OnnxWriter, x: Name, shape: readonly [number, number]) => Name;

/** x, weight, bias? -> y, mean, rstd */
export const layerNorm: Lowering = (onnx, [x, weight, bias], node) => {
  const inputs = bias === undefined ? [x!, weight!] : [x!, weight!, bias];
  return onnx.ops('LayerNormalization', inputs, 3, { axis: -1, epsilon: { float: number(node, 'epsilon') } });
};

/**
 * dy, x, weight, mean, rstd -> dx, dweight, dbias. With n = (x - mean) rstd:
 * dx = rstd (dy w - sum(dy w) / C - n sum(dy w n) / C). Both sums over C are matrix-vector products with w / C.
 */
export const layerNormGradBy =
  (columnSums: ColumnSums): Lowering =>
  (onnx, [dy, x, weight, mean, rstd], node) => {
    const shape = node.inputs[0]!.shape as [number, number];
    const channels = shape[1];
    const mul = (a: string, b: string) => onnx.op('Mul', [a, b]);
    const sub = (a: string, b: string) => onnx.op('Sub', [a, b]);
    const normal = mul(sub(x!, mean!), rstd!);
    const along = mul(dy!, normal);
    const share = reshape(onnx, mul(weight!, onnx.scalar(1 / channels)), [channels, 1]);
    const centre = onnx.op('MatMul', [dy!, share]); // [N, 1]
    const slope = onnx.op('MatMul', [along, share]); // [N, 1]
    const dx = mul(sub(sub(mul(dy!, weight!), centre), mul(normal, slope)), rstd!);
    return [dx, columnSums(onnx, along, shape), columnSums(onnx, dy!, shape)];
  };

export const layerNormGrad = layerNormGradBy((onnx, x) => onnx.op('ReduceSum', [x, onnx.int64s([0])], { keepdims: 0 }));

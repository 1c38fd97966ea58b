// Layer normalization: onnxruntime's operator forward, the fewest passes over [N, C] backward.
import { type Lowering, number } from '../lowerings/lowering.js';
import { reshape } from '../lowerings/shapes.js';

/** x, weight, bias? -> y, mean, rstd */
export const layerNorm: Lowering = (onnx, [x, weight, bias], node) => {
  const inputs = bias === undefined ? [x!, weight!] : [x!, weight!, bias];
  return onnx.ops('LayerNormalization', inputs, 3, { axis: -1, epsilon: { float: number(node, 'epsilon') } });
};

/**
 * dy, x, weight, mean, rstd -> dx, dweight, dbias. With n = (x - mean) rstd:
 * dx = rstd (dy w - sum(dy w) / C - n sum(dy w n) / C). Both sums over C are matrix-vector products with w / C.
 */
export const layerNormGrad: Lowering = (onnx, [dy, x, weight, mean, rstd], node) => {
  const channels = node.inputs[2]!.shape[0]!;
  const mul = (a: string, b: string) => onnx.op('Mul', [a, b]);
  const sub = (a: string, b: string) => onnx.op('Sub', [a, b]);
  const columnSums = (a: string) => onnx.op('ReduceSum', [a, onnx.int64s([0])], { keepdims: 0 });
  const normal = mul(sub(x!, mean!), rstd!);
  const along = mul(dy!, normal);
  const share = reshape(onnx, mul(weight!, onnx.scalar(1 / channels)), [channels, 1]);
  const centre = onnx.op('MatMul', [dy!, share]); // [N, 1]
  const slope = onnx.op('MatMul', [along, share]); // [N, 1]
  const dx = mul(sub(sub(mul(dy!, weight!), centre), mul(normal, slope)), rstd!);
  return [dx, columnSums(along), columnSums(dy!)];
};

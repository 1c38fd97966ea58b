// Layer normalization: onnxruntime's operator forward, the fewest passes over [N, C] backward.
import { type Lowering, number } from '../lowerings/lowering.js';
import { columnSums, rowProducts } from '../lowerings/products.js';

/** x, weight, bias? -> y, mean, rstd */
export const layerNorm: Lowering = (onnx, [x, weight, bias], node) => {
  const inputs = bias === undefined ? [x!, weight!] : [x!, weight!, bias];
  return onnx.ops('LayerNormalization', inputs, 3, { axis: -1, epsilon: { float: number(node, 'epsilon') } });
};

/**
 * dy, x, weight, mean, rstd -> dx, dweight, dbias. With n = (x - mean) rstd:
 * dx = rstd (dy w - sum(dy w) / C - n sum(dy w n) / C). Both sums over C are products with w / C.
 */
export const layerNormGrad: Lowering = (onnx, [dy, x, weight, mean, rstd], node) => {
  const [rows, channels] = node.inputs[1]!.shape as [number, number];
  const mul = (a: string, b: string) => onnx.op('Mul', [a, b]);
  const sub = (a: string, b: string) => onnx.op('Sub', [a, b]);
  const normal = mul(sub(x!, mean!), rstd!);
  const along = mul(dy!, normal);
  const share = mul(weight!, onnx.scalar(1 / channels));
  const centre = rowProducts(onnx, dy!, share, rows, channels);
  const slope = rowProducts(onnx, along, share, rows, channels);
  const dx = mul(sub(sub(mul(dy!, weight!), centre), mul(normal, slope)), rstd!);
  return [dx, columnSums(onnx, along, rows, channels), columnSums(onnx, dy!, rows, channels)];
};

// GELU in its tanh form. 0.5 (1 + tanh u) is sigmoid(2u): one operator instead of three.
import type { Lowering } from '../lowerings/lowering.js';
import type { Name, OnnxWriter } from '../writer.js';

const twice = 2 * Math.sqrt(2 / Math.PI);
const cubic = 0.044715 * twice;

/** x -> y, where nothing else is asked of x: onnxruntime's own operator. */
export const gelu: Lowering = (onnx, [x]) => [onnx.op('Gelu', [x!], { approximate: 'tanh' })];

/** x -> y = x s, where the gradient by x is asked for, too: it has the same nodes, which onnxruntime merges (see fuse.ts). */
export const geluShared: Lowering = (onnx, [x]) => [onnx.op('Mul', [x!, sigmoid(onnx, x!).s])];

/** s = sigmoid(w) of w = twice x + cubic x^3, and x^2. */
function sigmoid(onnx: OnnxWriter, x: Name): { s: Name; square: Name } {
  const square = onnx.op('Mul', [x, x]);
  const factor = onnx.op('Add', [onnx.op('Mul', [square, onnx.scalar(cubic)]), onnx.scalar(twice)]);
  return { s: onnx.op('Sigmoid', [onnx.op('Mul', [factor, x])]), square };
}

/** dy, x -> dx = dy (s + x s (1 - s) w') */
export const geluGrad: Lowering = (onnx, [dy, x]) => {
  const mul = (a: string, b: string) => onnx.op('Mul', [a, b]);
  const add = (a: string, b: string) => onnx.op('Add', [a, b]);
  const { s, square } = sigmoid(onnx, x!);
  const slope = add(mul(square, onnx.scalar(3 * cubic)), onnx.scalar(twice));
  const bend = mul(mul(mul(x!, s), onnx.op('Sub', [onnx.scalar(1), s])), slope);
  return [mul(add(bend, s), dy!)];
};

// GELU in its tanh form: onnxruntime's operator forward. Backward 0.5 (1 + tanh u) is written sigmoid(2u), one operator
// instead of three.
import type { Lowering } from '../lowerings/lowering.js';

const twice = 2 * Math.sqrt(2 / Math.PI);
const cubic = 0.044715 * twice;

/** x -> y */
export const gelu: Lowering = (onnx, [x]) => [onnx.op('Gelu', [x!], { approximate: 'tanh' })];

/** dy, x -> dx. With w = twice x + cubic x^3, s = sigmoid(w): dx = dy (s + x s (1 - s) w'). */
export const geluGrad: Lowering = (onnx, [dy, x]) => {
  const mul = (a: string, b: string) => onnx.op('Mul', [a, b]);
  const add = (a: string, b: string) => onnx.op('Add', [a, b]);
  const square = mul(x!, x!);
  const inner = mul(add(mul(square, onnx.scalar(cubic)), onnx.scalar(twice)), x!);
  const s = onnx.op('Sigmoid', [inner]);
  const slope = add(mul(square, onnx.scalar(3 * cubic)), onnx.scalar(twice));
  const bend = mul(mul(mul(x!, s), onnx.op('Sub', [onnx.scalar(1), s])), slope);
  return [mul(add(bend, s), dy!)];
};

// Elementwise operations. Where ONNX has no such operator, or another meaning, the formula stands here.
import type { OnnxWriter } from '../writer.js';
import { type Lowering, type Lowerings, number, same } from './lowering.js';

const unary: Lowerings = {
  Abs: same('Abs'),
  Neg: same('Neg'),
  Sign: same('Sign'),
  Square: (onnx, [x]) => [onnx.op('Mul', [x!, x!])],
  Ceil: same('Ceil'),
  Floor: same('Floor'),
  Round: same('Round'),
  Exp: same('Exp'),
  // tanh(x / 2) (e^x + 1): exact for small x, where e^x - 1 is not.
  Expm1: (onnx, [x]) => [
    onnx.op('Mul', [
      onnx.op('Tanh', [onnx.op('Mul', [x!, onnx.scalar(0.5)])]),
      onnx.op('Add', [onnx.op('Exp', [x!]), onnx.scalar(1)]),
    ]),
  ],
  Log: same('Log'),
  Log1p: (onnx, [x]) => [log1p(onnx, x!)],
  Sqrt: same('Sqrt'),
  Rsqrt: (onnx, [x]) => [onnx.op('Reciprocal', [onnx.op('Sqrt', [x!])])],
  Reciprocal: same('Reciprocal'),
  Sin: same('Sin'),
  Cos: same('Cos'),
  Tan: same('Tan'),
  Asin: same('Asin'),
  Acos: same('Acos'),
  Atan: same('Atan'),
  Sinh: same('Sinh'),
  Cosh: same('Cosh'),
  Tanh: same('Tanh'),
  Asinh: same('Asinh'),
  Acosh: same('Acosh'),
  Atanh: same('Atanh'),
  Sigmoid: same('Sigmoid'),
  Softplus: same('Softplus'),
  Erf: same('Erf'),
  Relu: same('Relu'),
  Relu6: (onnx, [x]) => [onnx.op('Clip', [x!, onnx.scalar(0), onnx.scalar(6)])],
  Elu: same('Elu'),
  Selu: (onnx, [x]) => [
    onnx.op('Selu', [x!], { alpha: { float: 1.6732632423543772 }, gamma: { float: 1.0507009873554805 } }),
  ],
  LeakyRelu: (onnx, [x], node) => [onnx.op('LeakyRelu', [x!], { alpha: { float: number(node, 'alpha') } })],
  Step: (onnx, [x], node) => {
    const steps = [onnx.op('Greater', [x!, onnx.scalar(0)]), onnx.scalar(1), onnx.scalar(number(node, 'alpha'))];
    return [onnx.op('Where', [onnx.op('IsNaN', [x!]), x!, onnx.op('Where', steps)])];
  },
  ClipByValue: (onnx, [x], node) => {
    const { dtype } = node.inputs[0]!;
    const limits = ['clipValueMin', 'clipValueMax'].map((key) => onnx.scalar(number(node, key), dtype));
    return [onnx.op('Clip', [x!, ...limits])];
  },
  IsNan: same('IsNaN'),
  IsInf: same('IsInf'),
  IsFinite: (onnx, [x]) => [onnx.op('Not', [onnx.op('Or', [onnx.op('IsNaN', [x!]), onnx.op('IsInf', [x!])])])],
  LogicalNot: same('Not'),
  Cast: (onnx, [x], node) => {
    const to = node.outputs[0]!.dtype;
    return [to === node.inputs[0]!.dtype ? x! : onnx.cast(x!, to)];
  },
};

/** Kahan's: with u = 1 + x, log(u) x / (u - 1) repairs what rounding took from u. */
function log1p(onnx: OnnxWriter, x: string): string {
  const one = onnx.scalar(1);
  const u = onnx.op('Add', [x, one]);
  const rest = onnx.op('Sub', [u, one]);
  const tiny = onnx.op('Equal', [rest, onnx.scalar(0)]);
  const infinite = onnx.op('IsInf', [u]);
  const safe = onnx.op('Where', [tiny, one, rest]);
  const value = onnx.op('Mul', [onnx.op('Log', [u]), onnx.op('Div', [x, safe])]);
  return onnx.op('Where', [onnx.op('Or', [tiny, infinite]), x, value]);
}

const binary: Lowerings = {
  Add: same('Add'),
  Sub: same('Sub'),
  Multiply: same('Mul'),
  RealDiv: same('Div'),
  Maximum: same('Max'),
  Minimum: same('Min'),
  Pow: same('Pow'),
  SquaredDifference: (onnx, inputs) => {
    const difference = onnx.op('Sub', inputs);
    return [onnx.op('Mul', [difference, difference])];
  },
  FloorDiv: (onnx, [a, b], node) =>
    node.inputs[0]!.dtype === 'int32' ? [floorDivInt(onnx, a!, b!)] : [onnx.op('Floor', [onnx.op('Div', [a!, b!])])],
  Mod: (onnx, [a, b], node) => [node.inputs[0]!.dtype === 'int32' ? modInt(onnx, a!, b!) : modFloat(onnx, a!, b!)],
  Atan2: (onnx, [y, x]) => [atan2(onnx, y!, x!)],
  Equal: same('Equal'),
  NotEqual: (onnx, inputs) => [onnx.op('Not', [onnx.op('Equal', inputs)])],
  Greater: same('Greater'),
  GreaterEqual: same('GreaterOrEqual'),
  Less: same('Less'),
  LessEqual: same('LessOrEqual'),
  LogicalAnd: same('And'),
  LogicalOr: same('Or'),
  BitwiseAnd: same('BitwiseAnd'),
};

/** In float64, which holds every quotient that matters; dividing integers by 0 would end the process. 0 where b is 0. */
function floorDivInt(onnx: OnnxWriter, a: string, b: string): string {
  const zero = onnx.op('Equal', [b, onnx.scalar(0, 'int32')]);
  const divisor = onnx.cast(onnx.op('Where', [zero, onnx.scalar(1, 'int32'), b]), 'float64');
  const quotient = onnx.op('Floor', [onnx.op('Div', [onnx.cast(a, 'float64'), divisor])]);
  return onnx.op('Where', [zero, onnx.scalar(0, 'int32'), onnx.cast(quotient, 'int32')]);
}

/** The sign is b's; 0 where b is 0. */
function modInt(onnx: OnnxWriter, a: string, b: string): string {
  const [none, one] = [onnx.scalar(0, 'int32'), onnx.scalar(1, 'int32')];
  const zero = onnx.op('Equal', [b, none]);
  // x mod 1 is 0, which is also what b = -1 must give: the machine's own remainder overflows there.
  const trivial = onnx.op('Or', [zero, onnx.op('Equal', [b, onnx.scalar(-1, 'int32')])]);
  return onnx.op('Mod', [a, onnx.op('Where', [trivial, one, b])]);
}

function modFloat(onnx: OnnxWriter, a: string, b: string): string {
  const none = onnx.scalar(0);
  const remainder = onnx.op('Mod', [a, b], { fmod: 1 });
  const differ = onnx.op('Xor', [onnx.op('Less', [a, none]), onnx.op('Less', [b, none])]);
  const wrapped = onnx.op('Mod', [onnx.op('Add', [remainder, b]), b], { fmod: 1 });
  return onnx.op('Where', [differ, wrapped, remainder]);
}

/** By quadrant; two infinities count as two ones, two zeros give 0. */
function atan2(onnx: OnnxWriter, y: string, x: string): string {
  const none = onnx.scalar(0);
  const infinite = onnx.op('And', [onnx.op('IsInf', [y]), onnx.op('IsInf', [x])]);
  const nothing = onnx.op('And', [onnx.op('Equal', [y, none]), onnx.op('Equal', [x, none])]);
  const top = onnx.op('Where', [infinite, onnx.op('Sign', [y]), y]);
  const bottom = onnx.op('Where', [nothing, onnx.scalar(1), onnx.op('Where', [infinite, onnx.op('Sign', [x]), x])]);
  const base = onnx.op('Atan', [onnx.op('Div', [top, bottom])]);
  const turn = onnx.op('Where', [onnx.op('Less', [y, none]), onnx.scalar(-Math.PI), onnx.scalar(Math.PI)]);
  return onnx.op('Where', [onnx.op('Less', [bottom, none]), onnx.op('Add', [base, turn]), base]);
}

const addN: Lowering = (onnx, inputs, node) => {
  if (inputs.length === 1) return [inputs[0]!];
  if (node.inputs[0]!.dtype === 'float32') return [onnx.op('Sum', inputs)];
  return [inputs.reduce((sum, input) => onnx.op('Add', [sum, input]))];
};

const select: Lowering = (onnx, [condition, t, e], node) => {
  if (node.outputs[0]!.dtype !== 'bool') return [onnx.op('Where', [condition!, t!, e!])];
  const chosen = onnx.op('And', [condition!, t!]);
  return [onnx.op('Or', [chosen, onnx.op('And', [onnx.op('Not', [condition!]), e!])])];
};

export const elementwise: Lowerings = { ...unary, ...binary, AddN: addN, Select: select };

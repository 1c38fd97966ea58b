// What OpenVINO's reader of ONNX models lacks or computes in another way, and what its CPU plugin does better when it is
// written otherwise.
import { sizeOf, type TensorSpec } from '../../trace/graph.js';
import { type Dialect, lowerings } from '../onnx/lower.js';
import { fenceOnDevice } from '../onnx/lowerings/fence.js';
import { flag, type Lowering, type Lowerings, number } from '../onnx/lowerings/lowering.js';
import { unpackByArithmetic } from '../onnx/unpacked.js';
import type { Name, OnnxWriter } from '../onnx/writer.js';
import type { Precision } from '../types.js';
import { bernoulli } from './random.js';

/** Its exponential of NaN is infinite. */
const exp: Lowering = (onnx, [x]) => [onnx.op('Where', [onnx.op('IsNaN', [x!]), x!, onnx.op('Exp', [x!])])];

/** Its comparisons of a larger with a smaller number hold for NaN, the others do not. */
const swapped =
  (opType: string): Lowering =>
  (onnx, [a, b]) => [onnx.op(opType, [b!, a!])];

/** Its minimum of NaN and a number is the number. a where `first` holds or a is NaN, else b, which may be. */
const extreme =
  (first: (onnx: OnnxWriter, a: Name, b: Name) => Name): Lowering =>
  (onnx, [a, b], node) => {
    const wins = first(onnx, a!, b!);
    const chosen = node.inputs[0]!.dtype === 'float32' ? onnx.op('Or', [wins, onnx.op('IsNaN', [a!])]) : wins;
    return [onnx.op('Where', [chosen, a!, b!])];
  };

/** Its Relu and Clip make numbers of NaN, which would hide a model that has diverged. */
const atLeast = (onnx: OnnxWriter, x: Name, limit: Name) => onnx.op('Where', [onnx.op('Less', [x, limit]), limit, x]);
const atMost = (onnx: OnnxWriter, x: Name, limit: Name) => onnx.op('Where', [onnx.op('Less', [limit, x]), limit, x]);

const clipByValue: Lowering = (onnx, inputs, node) => {
  const { dtype } = node.inputs[0]!;
  if (dtype !== 'float32') return lowerings['ClipByValue']!(onnx, inputs, node);
  const [low, high] = ['clipValueMin', 'clipValueMax'].map((key) => onnx.scalar(number(node, key)));
  return [atMost(onnx, atLeast(onnx, inputs[0]!, low!), high!)];
};

/** Sums of products over an odd, large number, a vocabulary's, have no kernel for AMX; over a multiple of 64 they do. */
const paddedProduct: Lowering = (onnx, inputs, node) => {
  const [a, b] = node.inputs.map(({ shape }) => shape) as [readonly number[], readonly number[]];
  const depth = b[0]!;
  const plain = !flag(node, 'transposeA') && !flag(node, 'transposeB') && b.length === 2;
  if (!plain || depth % 2 === 0 || depth < 1024) return lowerings['BatchMatMul']!(onnx, inputs, node);
  const more = 64 - (depth % 64);
  const before = a.map(() => 0);
  const left = onnx.op('Pad', [inputs[0]!, onnx.int64s([...before, ...before.slice(1), more])]);
  const right = onnx.op('Pad', [inputs[1]!, onnx.int64s([0, 0, more, 0])]);
  return [onnx.op('MatMul', [left, right])];
};

/** The plugin has no float64: float32 divides, and what that loses is found in the remainder. 0 where b is 0. */
const floorDiv: Lowering = (onnx, inputs, node) => {
  const [a, b] = inputs as [Name, Name];
  if (node.inputs[0]!.dtype !== 'int32') return lowerings['FloorDiv']!(onnx, inputs, node);
  const [zero, one] = [onnx.scalar(0, 'int32'), onnx.scalar(1, 'int32')];
  const none = onnx.op('Equal', [b, zero]);
  const divisor = onnx.op('Where', [none, one, b]);
  const remainder = (quotient: Name) => onnx.op('Sub', [a, onnx.op('Mul', [quotient, divisor])]);
  let quotient = truncated(onnx, a, divisor);
  for (let i = 0; i < 2; i++) quotient = onnx.op('Add', [quotient, truncated(onnx, remainder(quotient), divisor)]);
  // Toward negative infinity: one less where a remainder is left on the other side of 0.
  const rest = remainder(quotient);
  const opposite = onnx.op('Xor', [onnx.op('Less', [rest, zero]), onnx.op('Less', [divisor, zero])]);
  const beyond = onnx.op('And', [onnx.op('Not', [onnx.op('Equal', [rest, zero])]), opposite]);
  const floor = onnx.op('Sub', [quotient, onnx.cast(beyond, 'int32')]);
  return [onnx.op('Where', [none, zero, floor])];
};

/** About a / b toward 0, as the quotient of float32 numbers. */
function truncated(onnx: OnnxWriter, a: Name, b: Name): Name {
  return onnx.cast(onnx.op('Div', [onnx.cast(a, 'float32'), onnx.cast(b, 'float32')]), 'int32');
}

const otherwise: Lowerings = {
  ...lowerings,
  Bernoulli: bernoulli,
  ClipByValue: clipByValue,
  Exp: exp,
  Fence: fenceOnDevice,
  FloorDiv: floorDiv,
  Greater: swapped('Less'),
  GreaterEqual: swapped('LessOrEqual'),
  Maximum: extreme((onnx, a, b) => onnx.op('Less', [b, a])),
  Minimum: extreme((onnx, a, b) => onnx.op('Less', [a, b])),
  Relu: (onnx, [x]) => [atLeast(onnx, x!, onnx.scalar(0))],
  Relu6: (onnx, [x]) => [atMost(onnx, atLeast(onnx, x!, onnx.scalar(0)), onnx.scalar(6))],
};

/** No elements. A constant without data is read as one number, so a part of length 0 is taken of another one. */
function empty(onnx: OnnxWriter, { dtype, shape }: TensorSpec): Name {
  const full = onnx.op('Expand', [onnx.scalar(0, dtype), onnx.int64s(shape.map((size) => Math.max(1, size)))]);
  const axes = shape.flatMap((size, axis) => (size === 0 ? [axis] : []));
  const none = onnx.int64s(axes.map(() => 0));
  return onnx.op('Slice', [full, none, none, onnx.int64s(axes)]);
}

/** What has no elements is not computed: kernels of the plugin fail on it, one of them by dividing by 0. */
const unlessEmpty =
  (lowering: Lowering): Lowering =>
  (onnx, inputs, node) => {
    if (node.outputs.some(({ shape }) => sizeOf(shape) > 0)) return lowering(onnx, inputs, node);
    return node.outputs.map((output) => empty(onnx, output));
  };

const dialectOf = (table: Lowerings): Dialect => ({
  unpack: unpackByArithmetic,
  lowerings: Object.fromEntries(Object.entries(table).map(([op, lowering]) => [op, unlessEmpty(lowering)])),
});

/** How graphs are written for the plugin, by the precision that it computes in. */
export const dialects: Readonly<Record<Precision, Dialect>> = {
  f32: dialectOf(otherwise),
  bf16: dialectOf({ ...otherwise, BatchMatMul: paddedProduct }),
};

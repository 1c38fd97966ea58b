// What OpenVINO's reader of ONNX models lacks or computes in another way, and what its CPU plugin does better when it is
// written otherwise.
import { sizeOf, type TensorSpec } from '../../trace/graph.js';
import { type Dialect, lowerings } from '../onnx/lower.js';
import { fenceOnDevice } from '../onnx/lowerings/fence.js';
import type { Lowering, Lowerings } from '../onnx/lowerings/lowering.js';
import type { Name, OnnxWriter } from '../onnx/writer.js';
import { bernoulli } from './random.js';

/** Its exponential of NaN is infinite. */
const exp: Lowering = (onnx, [x]) => [onnx.op('Where', [onnx.op('IsNaN', [x!]), x!, onnx.op('Exp', [x!])])];

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

const otherwise: Lowerings = { ...lowerings, Bernoulli: bernoulli, Exp: exp, Fence: fenceOnDevice, FloorDiv: floorDiv };

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

export const openvinoDialect: Dialect = {
  lowerings: Object.fromEntries(Object.entries(otherwise).map(([op, lowering]) => [op, unlessEmpty(lowering)])),
};

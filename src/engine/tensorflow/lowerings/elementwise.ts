// Elementwise operations. Where TensorFlow has no such operation, or another meaning, the formula stands here.
import type { GraphWriter, Ref } from '../writer.js';
import { type Lowering, type Lowerings, number, same, sameNames } from './lowering.js';

const unary: Lowerings = {
  ...sameNames('Abs Neg Sign Square Ceil Floor Exp Expm1 Log Log1p Sqrt Rsqrt Reciprocal'),
  ...sameNames('Sin Cos Tan Asin Acos Atan Sinh Cosh Tanh Asinh Acosh Atanh Sigmoid Softplus Erf'),
  ...sameNames('Relu Relu6 Elu Selu LogicalNot IsNan IsInf IsFinite'),
  Round: same('Rint'),
  LeakyRelu: (tf, [x], node) => [tf.op('LeakyRelu', [x!], { alpha: { float: number(node, 'alpha') } })],
  Step: (tf, [x], node) => {
    const steps = [tf.op('Greater', [x!, tf.scalar(0)]), tf.scalar(1), tf.scalar(number(node, 'alpha'))];
    return [tf.op('SelectV2', [tf.op('IsNan', [x!]), x!, tf.op('SelectV2', steps)])];
  },
  ClipByValue: (tf, [x], node) => {
    const { dtype } = node.inputs[0]!;
    const [low, high] = ['clipValueMin', 'clipValueMax'].map((key) => tf.scalar(number(node, key), dtype));
    return [tf.op('Maximum', [tf.op('Minimum', [x!, high!]), low!])];
  },
  Cast: (tf, [x], node) => [tf.cast(x!, node.inputs[0]!.dtype, node.outputs[0]!.dtype)],
};

const binary: Lowerings = {
  ...sameNames('Sub Maximum Minimum SquaredDifference RealDiv Pow Equal NotEqual'),
  ...sameNames('Greater GreaterEqual Less LessEqual LogicalAnd LogicalOr BitwiseAnd'),
  Add: same('AddV2'),
  Multiply: same('Mul'),
  Atan2: (tf, [y, x]) => [atan2(tf, y!, x!)],
  FloorDiv: (tf, [a, b], node) => [
    node.inputs[0]!.dtype === 'int32'
      ? unlessZero(tf, b!, (divisor) => tf.op('FloorDiv', [a!, divisor]))
      : tf.op('Floor', [tf.op('RealDiv', [a!, b!])]),
  ],
  Mod: (tf, [a, b], node) => [
    node.inputs[0]!.dtype === 'int32'
      ? unlessZero(tf, b!, (divisor) => tf.op('FloorMod', [a!, divisor]))
      : tf.op('FloorMod', [a!, b!]),
  ],
};

/** 0 where the divisor is 0: TensorFlow ends the run there. */
function unlessZero(tf: GraphWriter, b: Ref, divide: (divisor: Ref) => Ref): Ref {
  const [none, one] = [tf.scalar(0, 'int32'), tf.scalar(1, 'int32')];
  const zero = tf.op('Equal', [b, none]);
  return tf.op('SelectV2', [zero, none, divide(tf.op('SelectV2', [zero, one, b]))]);
}

/** Two zeros give 0, whatever their signs. */
function atan2(tf: GraphWriter, y: Ref, x: Ref): Ref {
  return tf.op('Atan2', [y, x]);
}

const addN: Lowering = (tf, inputs) => [inputs.length === 1 ? inputs[0]! : tf.op('AddN', [inputs])];

export const elementwise: Lowerings = { ...unary, ...binary, AddN: addN, Select: same('SelectV2') };

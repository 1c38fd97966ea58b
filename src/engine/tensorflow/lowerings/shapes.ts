// Operations that move elements and compute nothing.
import type { GraphWriter, Ref } from '../writer.js';
import { type Lowering, type Lowerings, mirroredPlaces, number, numbers } from './lowering.js';

export function reshape(tf: GraphWriter, x: Ref, shape: readonly number[]): Ref {
  return tf.op('Reshape', [x, tf.ints(shape)]);
}

/** int32 [rank, 2] */
function paddings(tf: GraphWriter, before: readonly number[], after: readonly number[]): Ref {
  const pairs = before.flatMap((count, axis) => [count, after[axis]!]);
  return tf.constant(Int32Array.from(pairs), 'int32', [before.length, 2]);
}

const pad: Lowering = (tf, [x], node) => {
  const value = tf.scalar(number(node, 'constantValue'), node.inputs[0]!.dtype);
  return [tf.op('PadV2', [x!, paddings(tf, numbers(node, 'before'), numbers(node, 'after')), value])];
};

/** By gathering along each axis: TensorFlow mirrors no empty axis and, symmetric, none of integers in places. */
const mirrorPad: Lowering = (tf, [x], node) => [
  mirroredPlaces(node).reduce(
    (value, { axis, places }) => tf.op('GatherV2', [value, tf.ints(places), tf.scalar(axis, 'int32')]),
    x!,
  ),
];

const split: Lowering = (tf, [x], node) => {
  const sizes = numbers(node, 'numOrSizeSplits');
  if (sizes.length === 1) return [x!];
  const axis = tf.scalar(number(node, 'axis'), 'int32');
  return tf.ops('SplitV', [x!, tf.ints(sizes), axis], { num_split: sizes.length });
};

export const shapes: Lowerings = {
  Reshape: (tf, [x], node) => [reshape(tf, x!, node.outputs[0]!.shape)],
  Transpose: (tf, [x], node) => [tf.op('Transpose', [x!, tf.ints(numbers(node, 'perm'))])],
  BroadcastTo: (tf, [x], node) => [tf.op('BroadcastTo', [x!, tf.ints(node.outputs[0]!.shape)])],
  Tile: (tf, [x], node) => [tf.op('Tile', [x!, tf.ints(numbers(node, 'reps'))])],
  Concat: (tf, inputs, node) => [
    inputs.length === 1 ? inputs[0]! : tf.op('ConcatV2', [inputs, tf.scalar(number(node, 'axis'), 'int32')]),
  ],
  SplitV: split,
  Slice: (tf, [x], node) => [tf.op('Slice', [x!, tf.ints(numbers(node, 'begin')), tf.ints(numbers(node, 'size'))])],
  StridedSlice: (tf, [x], node) => {
    const parts = ['begin', 'end', 'strides'].map((key) => tf.ints(numbers(node, key)));
    return [tf.op('StridedSlice', [x!, ...parts])];
  },
  Reverse: (tf, [x], node) => [tf.op('ReverseV2', [x!, tf.ints(numbers(node, 'dims'))])],
  PadV2: pad,
  MirrorPad: mirrorPad,
};

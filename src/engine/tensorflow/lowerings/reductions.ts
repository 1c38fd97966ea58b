// Reductions, scans and what else works along an axis.
import { sizeOf } from '../../../trace/graph.js';
import { flag, type Lowering, type Lowerings, number, numbers } from './lowering.js';

const reduce =
  (type: string): Lowering =>
  (tf, [x], node) => {
    const axes = numbers(node, 'axis');
    if (axes.length === 0) return [x!];
    return [tf.op(type, [x!, tf.ints(axes)], { keep_dims: flag(node, 'keepDims') })];
  };

const argument =
  (type: string): Lowering =>
  (tf, [x], node) => {
    const { dtype } = node.inputs[0]!;
    const input = dtype === 'bool' ? tf.cast(x!, 'bool', 'int32') : x!;
    const attributes = { output_type: { type: 'int32' } } as const;
    return [tf.op(type, [input, tf.scalar(number(node, 'axis'), 'int32')], attributes)];
  };

const scan =
  (type: string): Lowering =>
  (tf, [x], node) => [
    tf.op(type, [x!, tf.scalar(number(node, 'axis'), 'int32')], {
      exclusive: flag(node, 'exclusive'),
      reverse: flag(node, 'reverse'),
    }),
  ];

export const reductions: Lowerings = {
  Sum: reduce('Sum'),
  Mean: reduce('Mean'),
  Prod: reduce('Prod'),
  Max: reduce('Max'),
  Min: reduce('Min'),
  All: reduce('All'),
  Any: reduce('Any'),
  ArgMax: argument('ArgMax'),
  ArgMin: argument('ArgMin'),
  Cumsum: scan('Cumsum'),
  Cumprod: scan('Cumprod'),
  Softmax: (tf, [x], node) => [sizeOf(node.outputs[0]!.shape) === 0 ? x! : tf.op('Softmax', [x!])],
  TopK: (tf, [x], node) =>
    tf.ops('TopKV2', [x!, tf.scalar(number(node, 'k'), 'int32')], { sorted: flag(node, 'sorted') }),
};

// Operations that read or write at places given by numbers.
import { type Lowering, type Lowerings, number, numbers } from './lowering.js';

const gather: Lowering = (tf, [x, indices], node) => [
  tf.op('GatherV2', [x!, indices!, tf.scalar(number(node, 'axis'), 'int32')], {
    batch_dims: number(node, 'batchDims'),
  }),
];

const oneHot: Lowering = (tf, [indices], node) => {
  const { dtype } = node.outputs[0]!;
  const values = ['onValue', 'offValue'].map((key) => tf.scalar(number(node, key), dtype));
  return [tf.op('OneHot', [indices!, tf.scalar(number(node, 'depth'), 'int32'), ...values], { axis: -1 })];
};

export const indexing: Lowerings = {
  GatherV2: gather,
  GatherNd: (tf, inputs) => [tf.op('GatherNd', inputs)],
  ScatterNd: (tf, [indices, updates], node) => [
    tf.op('ScatterNd', [indices!, updates!, tf.ints(numbers(node, 'shape'))]),
  ],
  TensorScatterUpdate: (tf, inputs) => [tf.op('TensorScatterUpdate', inputs)],
  UnsortedSegmentSum: (tf, [x, ids], node) => {
    const count = tf.scalar(number(node, 'numSegments'), 'int32');
    // Negative ids are left out by both; ids too large are an error in a plain graph.
    const known = tf.op('SelectV2', [tf.op('Less', [ids!, count]), ids!, tf.scalar(-1, 'int32')]);
    return [tf.op('UnsortedSegmentSum', [x!, known, count])];
  },
  OneHot: oneHot,
};

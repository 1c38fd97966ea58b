// The masks of rng.ts out of integer operations, bit for bit: element i of Bernoulli is maskBits(key)(row rowSize + first + i)
// >= maskThreshold(rate) with key = hash32(stream.dropout, place, seed, step), or as its strides say. All in uint32, whose
// products wrap; the comparison is of int32.
import { hash32, maskThreshold, stream } from '../../../rng.js';
import { sizeOf } from '../../../trace/graph.js';
import type { GraphWriter, Ref } from '../writer.js';
import { firstCounter, type Lowering, type Lowerings, number, rowCounters } from './lowering.js';
import { reshape } from './shapes.js';

/** x ^ (x >>> by) */
function folded(tf: GraphWriter, x: Ref, by: number): Ref {
  return tf.op('BitwiseXor', [x, tf.op('RightShift', [x, tf.scalar(by, 'uint32')])]);
}

/** mix32 without its last fold. */
function mixUpper(tf: GraphWriter, value: Ref): Ref {
  const times = (x: Ref, factor: number) => tf.op('Mul', [x, tf.scalar(factor, 'uint32')]);
  return times(folded(tf, times(folded(tf, value, 16), 0x7feb352d), 15), 0x846ca68b);
}

/** mix32 */
function mix(tf: GraphWriter, value: Ref): Ref {
  return folded(tf, mixUpper(tf, value), 16);
}

const bernoulli: Lowering = (tf, [seed, step, row], node) => {
  const { shape } = node.outputs[0]!;
  const absorb = (key: Ref, word: Ref) => mix(tf, tf.op('BitwiseXor', [key, tf.bitcast(word, 'uint32')]));
  const prefix = tf.scalar(hash32(stream.dropout, number(node, 'place')), 'uint32');
  const key = absorb(absorb(prefix, seed!), step!);
  const stride = tf.op('BitwiseOr', [mix(tf, key), tf.scalar(1, 'uint32')]);
  const add = (a: Ref, b: Ref) => tf.op('AddV2', [a, b]);
  const upTo = (length: number) =>
    tf.bitcast(
      tf.op(
        'Range',
        [0, length, 1].map((value) => tf.scalar(value, 'int32')),
      ),
      'uint32',
    );
  const starts = rowCounters(node);
  const index = starts
    ? add(tf.bitcast(tf.constant(Int32Array.from(starts), 'int32', [starts.length, 1]), 'uint32'), upTo(shape.at(-1)!))
    : upTo(sizeOf(shape));
  const first = firstCounter(node);
  const counter = first > 0 ? add(index, tf.scalar(first, 'uint32')) : index;
  const times = (a: Ref, b: Ref) => tf.op('Mul', [a, b]);
  const before = row && times(tf.bitcast(row, 'uint32'), tf.scalar(number(node, 'rowSize') >>> 0, 'uint32'));
  const origin = before ? add(times(before, stride), key) : key;
  const bits = tf.bitcast(mixUpper(tf, add(times(counter, stride), origin)), 'int32');
  const kept = tf.op('GreaterEqual', [bits, tf.scalar(maskThreshold(number(node, 'rate')), 'int32')]);
  return [reshape(tf, kept, shape)];
};

export const random: Lowerings = { Bernoulli: bernoulli };

// The counter-based generator of rng.ts out of integer operations, bit for bit: element i of RandomUniform is
// uniformAt(hash32(stream.dropout, place, seed, step), first + i), or as its strides say. All in uint32, whose products wrap.
import { hash32, stream } from '../../../rng.js';
import { sizeOf } from '../../../trace/graph.js';
import type { GraphWriter, Ref } from '../writer.js';
import { firstCounter, type Lowering, type Lowerings, number, rowCounters } from './lowering.js';
import { reshape } from './shapes.js';

const golden = 0x9e3779b9;

/** mix32 */
function mix(tf: GraphWriter, value: Ref): Ref {
  const folded = (x: Ref, by: number) => tf.op('BitwiseXor', [x, tf.op('RightShift', [x, tf.scalar(by, 'uint32')])]);
  const times = (x: Ref, factor: number) => tf.op('Mul', [x, tf.scalar(factor, 'uint32')]);
  return folded(times(folded(times(folded(value, 16), 0x7feb352d), 15), 0x846ca68b), 16);
}

const randomUniform: Lowering = (tf, [seed, step], node) => {
  const { shape } = node.outputs[0]!;
  const absorb = (key: Ref, word: Ref) => mix(tf, tf.op('BitwiseXor', [key, tf.bitcast(word, 'uint32')]));
  const prefix = tf.scalar(hash32(stream.dropout, number(node, 'place')), 'uint32');
  const key = absorb(absorb(prefix, seed!), step!);
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
  const bits = mix(tf, add(mix(tf, add(tf.op('Mul', [counter, tf.scalar(golden, 'uint32')]), key)), key));
  const high = tf.bitcast(tf.op('RightShift', [bits, tf.scalar(8, 'uint32')]), 'int32');
  const uniform = tf.op('Mul', [tf.cast(high, 'int32', 'float32'), tf.scalar(2 ** -24)]);
  return [reshape(tf, uniform, shape)];
};

export const random: Lowerings = { RandomUniform: randomUniform };

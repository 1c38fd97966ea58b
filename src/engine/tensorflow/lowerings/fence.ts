// A value that may not be merged with its equal, nor computed before another one is known (ops/recompute).
import type { Lowering, Lowerings } from './lowering.js';
import { reshape } from './shapes.js';

/**
 * XLA: x + 0 * (one number of `after`), which it cannot look through, since that number may be infinite. Its own
 * barriers are gone before it merges equal operations. Plain graphs: an operation that waits for `after`.
 */
const fence: Lowering = (tf, [x, after], node) => {
  const { shape } = node.outputs[0]!;
  if (tf.manner.mode === 'graph') return [tf.add('Identity', [x!], { after: [after!] })];
  const rank = node.inputs[1]!.shape.length;
  const all = Array.from({ length: rank }, () => 1);
  const zeros = all.map(() => 0);
  const first = rank === 0 ? after! : tf.op('Slice', [after!, tf.ints(zeros), tf.ints(all)]);
  const nothing = reshape(
    tf,
    tf.op('Mul', [first, tf.scalar(0)]),
    shape.map(() => 1),
  );
  return [tf.op('AddV2', [x!, nothing])];
};

export const fences: Lowerings = { Fence: fence };

// Heads of keys and values that several heads of queries share (Ainslie et al. 2023, arXiv:2305.13245), once for each of them.
//
//   RepeatHeads      x [N, K D]     -> y [N, K times D], head by head    { heads: K, times }
//   RepeatHeadsGrad  dy             -> dx, the sums over the repeats     { heads: K, times }
import * as tf from '../tf.js';
import { composite } from '../trace/composite.js';
import { check } from './check.js';
import { differentiable } from './differentiable.js';

type Tensor = tf.Tensor;

export function repeatHeadsPlain(heads: number, times: number, x: Tensor): Tensor[] {
  const [rows, columns] = x.shape as [number, number];
  const apart = tf.reshape(x, [rows, heads, 1, columns / heads]);
  return [tf.reshape(tf.tile(apart, [1, 1, times, 1]), [rows, columns * times])];
}

export function repeatHeadsGradPlain(heads: number, times: number, dy: Tensor): Tensor[] {
  const [rows, columns] = dy.shape as [number, number];
  return [tf.reshape(tf.sum(tf.reshape(dy, [rows, heads, times, -1]), 2), [rows, columns / times])];
}

/**
 * @param x [N, K D], rows of K heads
 * @returns [N, K times D]: each head `times` times, one after the other
 */
export function repeatHeads(x: Tensor, heads: number, times: number): Tensor {
  check('repeatHeads: x', x, [undefined, undefined]);
  if (x.shape[1]! % heads !== 0) throw new Error(`repeatHeads: ${x.shape[1]} columns are not ${heads} heads`);
  if (times === 1) return x;
  const attributes = { heads, times };
  return differentiable(
    [x],
    () => ({
      value: composite('RepeatHeads', [x], attributes, (a) => repeatHeadsPlain(heads, times, a!))[0]!,
      saved: [],
    }),
    (dy) => composite('RepeatHeadsGrad', [dy], attributes, (d) => repeatHeadsGradPlain(heads, times, d!)),
  );
}

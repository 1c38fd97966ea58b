// Clipping by the global norm, the same for every optimizer: as torch.nn.utils.clip_grad_norm_. On the host where the
// norm is known there, in tfjs operations where it stays in a graph.
import type { Tensor } from '../tf.js';
import type { Tfjs } from './types.js';

/** torch's, against a norm of 0. */
const tiny = 1e-6;

/** The factor that brings a gradient of this global norm down to `gradClip`; 1 where that is 0. */
export function clipScale(norm: number, gradClip: number): number {
  return gradClip > 0 ? Math.min(1, gradClip / (norm + tiny)) : 1;
}

/** `clipScale` of a norm of shape []. */
export function clipScaleOf(tf: Tfjs, norm: Tensor, gradClip: number): Tensor {
  return gradClip > 0 ? tf.minimum(1, tf.div(gradClip, tf.add(norm, tiny))) : tf.scalar(1);
}

/** The sum of squares, row by row first: one long sum in float32 would lose what comes late. */
export function squareSumOf(tf: Tfjs, x: Tensor): Tensor {
  const square = tf.square(x);
  if (square.rank === 0) return square;
  const rows = tf.sum(square, -1);
  return rows.rank > 0 ? tf.sum(rows) : rows;
}

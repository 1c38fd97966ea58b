// Root-mean-square normalization over the last axis (Zhang and Sennrich 2019, arXiv:1910.07467).
//
//   RmsNorm      x [N, C], weight [C]          -> y [N, C], rstd [N, 1]    { epsilon }
//   RmsNormGrad  dy [N, C], x, weight, rstd    -> dx [N, C], dweight [C]
import * as tf from '../tf.js';
import { composite } from '../trace/composite.js';
import { check } from './check.js';
import { differentiable } from './differentiable.js';

type Tensor = tf.Tensor;

/** [y, rstd]; `rstd` is 1 / sqrt(mean square + epsilon). */
export function rmsNormPlain(epsilon: number, x: Tensor, weight: Tensor): Tensor[] {
  const rstd = tf.rsqrt(tf.add(tf.mean(tf.mul(x, x), 1, true), epsilon));
  return [tf.mul(tf.mul(x, rstd), weight), rstd];
}

/** [dx, dweight]. */
export function rmsNormGradPlain(dy: Tensor, x: Tensor, weight: Tensor, rstd: Tensor): Tensor[] {
  const normal = tf.mul(x, rstd);
  const dnormal = tf.mul(dy, weight);
  const along = tf.mean(tf.mul(dnormal, normal), 1, true);
  return [tf.mul(tf.sub(dnormal, tf.mul(normal, along)), rstd), tf.sum(tf.mul(dy, normal), 0)];
}

/**
 * Each row of x to a mean square of 1, then times weight.
 * @param x [N, C]
 * @param weight [C]
 * @returns [N, C]
 */
export function rmsNorm(x: Tensor, weight: Tensor, epsilon = 1e-5): Tensor {
  check('rmsNorm: x', x, [undefined, undefined]);
  check('rmsNorm: weight', weight, [x.shape[1]]);
  return differentiable(
    [x, weight],
    () => {
      const [y, rstd] = composite('RmsNorm', [x, weight], { epsilon }, (a, w) => rmsNormPlain(epsilon, a!, w!));
      return { value: y!, saved: [x, weight, rstd!] };
    },
    (dy, saved) => composite('RmsNormGrad', [dy, ...saved], {}, rmsNormGradPlain),
  );
}

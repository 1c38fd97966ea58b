// Layer normalization over the last axis (Ba, Kiros and Hinton 2016, arXiv:1607.06450).
//
//   LayerNorm      x [N, C], weight [C], bias [C]?        -> y [N, C], mean [N, 1], rstd [N, 1]    { epsilon }
//   LayerNormGrad  dy [N, C], x, weight, mean, rstd       -> dx [N, C], dweight [C], dbias [C]
import * as tf from '../tf.js';
import { composite } from '../trace/composite.js';
import { check } from './check.js';
import { differentiable } from './differentiable.js';

type Tensor = tf.Tensor;

/** [y, mean, rstd]; `rstd` is 1 / sqrt(variance + epsilon), the variance being the biased one. */
export function layerNormPlain(epsilon: number, x: Tensor, weight: Tensor, bias?: Tensor): Tensor[] {
  const mean = tf.mean(x, 1, true);
  const centered = tf.sub(x, mean);
  const rstd = tf.rsqrt(tf.add(tf.mean(tf.mul(centered, centered), 1, true), epsilon));
  const scaled = tf.mul(tf.mul(centered, rstd), weight);
  return [bias ? tf.add(scaled, bias) : scaled, mean, rstd];
}

/** [dx, dweight, dbias]; the last is simply unused where there is no bias. */
export function layerNormGradPlain(dy: Tensor, x: Tensor, weight: Tensor, mean: Tensor, rstd: Tensor): Tensor[] {
  const normal = tf.mul(tf.sub(x, mean), rstd);
  const dnormal = tf.mul(dy, weight);
  const along = tf.mean(tf.mul(dnormal, normal), 1, true);
  const dx = tf.mul(tf.sub(tf.sub(dnormal, tf.mean(dnormal, 1, true)), tf.mul(normal, along)), rstd);
  return [dx, tf.sum(tf.mul(dy, normal), 0), tf.sum(dy, 0)];
}

/**
 * Each row of x to mean 0 and variance 1, then times weight, plus bias.
 * @param x [N, C]
 * @param weight [C]
 * @param bias [C], or undefined for none
 * @returns [N, C]
 */
export function layerNorm(x: Tensor, weight: Tensor, bias: Tensor | undefined, epsilon = 1e-5): Tensor {
  check('layerNorm: x', x, [undefined, undefined]);
  check('layerNorm: weight', weight, [x.shape[1]]);
  if (bias) check('layerNorm: bias', bias, [x.shape[1]]);
  const inputs = bias ? [x, weight, bias] : [x, weight];
  return differentiable(
    inputs,
    () => {
      const [y, mean, rstd] = composite('LayerNorm', inputs, { epsilon }, (a, w, b) =>
        layerNormPlain(epsilon, a!, w!, b),
      );
      return { value: y!, saved: [x, weight, mean!, rstd!] };
    },
    (dy, saved) => composite('LayerNormGrad', [dy, ...saved], {}, layerNormGradPlain).slice(0, inputs.length),
  );
}

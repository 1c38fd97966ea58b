// The Gaussian error linear unit in its tanh form (Hendrycks and Gimpel 2016, arXiv:1606.08415), as in GPT-2.
//
//   Gelu      x      -> y    any shape
//   GeluGrad  dy, x  -> dx
import * as tf from '../tf.js';
import { composite } from '../trace/composite.js';
import { check } from './check.js';
import { differentiable } from './differentiable.js';

type Tensor = tf.Tensor;

const scale = Math.sqrt(2 / Math.PI);
const cubic = 0.044715 * scale;

// x * x * x, not a power: pow of a negative number is slow or NaN on some engines.
const inner = (x: Tensor, square: Tensor) => tf.tanh(tf.mul(x, tf.add(tf.mul(square, cubic), scale)));

export function geluPlain(x: Tensor): Tensor[] {
  return [tf.mul(tf.mul(x, 0.5), tf.add(inner(x, tf.mul(x, x)), 1))];
}

/** With t = tanh(s x + c x^3): dy (1 + t + x (1 - t^2) (s + 3 c x^2)) / 2. */
export function geluGradPlain(dy: Tensor, x: Tensor): Tensor[] {
  const square = tf.mul(x, x);
  const t = inner(x, square);
  const slope = tf.add(tf.mul(square, 3 * cubic), scale);
  const bend = tf.mul(tf.mul(x, slope), tf.sub(1, tf.mul(t, t)));
  return [tf.mul(tf.mul(dy, 0.5), tf.add(tf.add(t, 1), bend))];
}

/** 0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))), elementwise. */
export function gelu(x: Tensor): Tensor {
  check('gelu: x', x);
  return differentiable(
    [x],
    () => ({ value: composite('Gelu', [x], {}, geluPlain)[0]!, saved: [x] }),
    (dy, [kept]) => composite('GeluGrad', [dy, kept!], {}, geluGradPlain),
  );
}

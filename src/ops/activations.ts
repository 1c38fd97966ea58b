// Activations besides GPT-2's GELU (gelu.ts), each with its gradient.
//
//   GeluExact, ReluActivation, Silu              x      -> y    any shape
//   GeluExactGrad, ReluActivationGrad, SiluGrad  dy, x  -> dx
import * as tf from '../tf.js';
import { composite } from '../trace/composite.js';
import { check } from './check.js';
import { differentiable } from './differentiable.js';

type Tensor = tf.Tensor;

/** An activation from its definition and its derivative. */
function activation(name: string, plain: (x: Tensor) => Tensor, slope: (x: Tensor) => Tensor) {
  return (x: Tensor): Tensor => {
    check(`${name}: x`, x);
    return differentiable(
      [x],
      () => ({ value: composite(name, [x], {}, (a) => [plain(a!)])[0]!, saved: [x] }),
      (dy, [kept]) => composite(`${name}Grad`, [dy, kept!], {}, (d, a) => [tf.mul(d!, slope(a!))]),
    );
  };
}

/** Of the standard normal distribution, below x. */
const below = (x: Tensor) => tf.mul(tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1), 0.5);

/** x Phi(x), elementwise: GELU (Hendrycks and Gimpel 2016, arXiv:1606.08415), not its tanh form. */
export const geluExact = activation(
  'GeluExact',
  (x) => tf.mul(x, below(x)),
  (x) => tf.add(below(x), tf.mul(x, tf.mul(tf.exp(tf.mul(tf.square(x), -0.5)), 1 / Math.sqrt(2 * Math.PI)))),
);

/** max(x, 0), elementwise. Its slope at 0 is 0, as in torch. */
export const relu = activation(
  'ReluActivation',
  (x) => tf.relu(x),
  (x) => tf.cast(tf.greater(x, 0), 'float32'),
);

/** x sigmoid(x), elementwise (Elfwing et al. 2017, arXiv:1702.03118); also called swish. */
export const silu = activation(
  'Silu',
  (x) => tf.mul(x, tf.sigmoid(x)),
  (x) => {
    const s = tf.sigmoid(x);
    return tf.mul(s, tf.add(tf.mul(x, tf.sub(1, s)), 1));
  },
);

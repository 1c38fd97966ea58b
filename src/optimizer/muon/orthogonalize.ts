// Newton-Schulz iterations: a matrix with the singular vectors of another one and all singular values near 1.
import type { Tensor } from '../../tf.js';
import type { Tfjs } from '../types.js';

/** A s + B s^3 + C s^5 lifts small singular values fast and then keeps them within [0.68, 1.21] (Jordan et al. 2024). */
const [A, B, C] = [3.4445, -4.775, 2.0315];

// A step is x -> (A + B g + C g^2) x with the Gram matrix g = x x^T. Of z = C^(1/4) x it is z -> ((z z^T + shift)^2 + rest) z:
// the square is completed, so that nothing but products and sums with a diagonal is left.
const root = C ** 0.25;
const shift = B / (2 * Math.sqrt(C));
const rest = A - B ** 2 / (4 * C);

/** The smallest norm that is divided by, as in torch.optim.Muon. */
const tiny = 1e-7;
/** Of the longer side to the shorter one: from here on it takes fewer products to compute with the Gram matrix alone. */
const elongated = 1.5;

/**
 * scale U V^T of x = U S V^T, approximately. All products are on the shorter side.
 * @param x [rows, columns]
 */
export function orthogonalized(tf: Tfjs, x: Tensor, iterations: number, scale = 1): Tensor {
  const [rows, columns] = x.shape as [number, number];
  const tall = rows > columns;
  const side = Math.min(rows, columns);
  const identity = tf.eye(side);
  const gramOf = (y: Tensor) => tf.matMul(y, y, tall, !tall);
  const times = (p: Tensor, y: Tensor) => (tall ? tf.matMul(y, p) : tf.matMul(p, y));
  const shifted = (gram: Tensor) => tf.add(gram, tf.mul(identity, shift));
  const factorOf = (gram: Tensor) => {
    const y = shifted(gram);
    return tf.add(tf.matMul(y, y), tf.mul(identity, rest));
  };

  if (Math.max(rows, columns) <= elongated * side) {
    const norm = tf.maximum(tf.sqrt(tf.sum(tf.sum(tf.square(x), -1))), tiny);
    let z = tf.div(x, tf.mul(norm, 1 / root));
    for (let i = 0; i < iterations; i++) z = times(factorOf(gramOf(z)), z);
    return tf.mul(z, scale / root);
  }

  // The factors of all steps and the Gram matrices between them are polynomials of the first one, and so commute.
  const first = gramOf(x);
  const squares = tf.maximum(tf.sum(tf.mul(first, identity)), tiny ** 2);
  let gram = tf.mul(first, tf.div(root ** 2, squares));
  let factor = factorOf(gram);
  let product = factor;
  for (let i = 1; i < iterations; i++) {
    gram = tf.matMul(tf.matMul(gram, factor), factor);
    factor = factorOf(gram);
    product = tf.matMul(product, factor);
  }
  return times(tf.mul(product, tf.div(scale, tf.sqrt(squares))), x);
}

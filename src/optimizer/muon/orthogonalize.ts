// Newton-Schulz iterations: a matrix with the singular vectors of another one and all singular values near 1.
import type { Tensor } from '../../tf.js';
import type { Tfjs } from '../types.js';

/** f(s) = A s + B s^3 + C s^5 lifts small singular values fast and keeps those near 1 within [0.7, 1.2] (Jordan et al. 2024). */
const [A, B, C] = [3.4445, -4.775, 2.0315];
/** The smallest norm that is divided by, as in torch.optim.Muon. */
const tiny = 1e-7;

/**
 * U V^T of x = U S V^T, approximately. A step x -> A x + B (x x^T) x + C (x x^T)^2 x applies f to every singular value. All
 * products are on the shorter side, so that nothing is transposed.
 * @param x [..., rows, columns]: one matrix or several
 */
export function orthogonalized(tf: Tfjs, x: Tensor, iterations: number): Tensor {
  const [rows, columns] = x.shape.slice(-2) as [number, number];
  const tall = rows > columns;
  const norm = tf.sqrt(tf.sum(tf.sum(tf.square(x), -1, true), -2, true));
  const start = tf.div(x, tf.maximum(norm, tiny));
  const gramOf = (y: Tensor) => tf.matMul(y, y, tall, !tall);
  const times = (p: Tensor, y: Tensor) => (tall ? tf.matMul(y, p) : tf.matMul(p, y));
  const higherTerms = (gram: Tensor) => tf.add(tf.mul(gram, B), tf.mul(tf.matMul(gram, gram), C));
  if (Math.max(rows, columns) <= 1.5 * Math.min(rows, columns)) {
    let y = start;
    for (let i = 0; i < iterations; i++) y = tf.add(tf.mul(y, A), times(higherTerms(gramOf(y)), y));
    return y;
  }
  return times(polynomial(tf, gramOf(start), iterations, higherTerms), start);
}

/**
 * The product of the factors A + B g + C g^2 of all iterations, where g is the Gram matrix at each of them. It follows from
 * the first one, since all of them commute: for long matrices far fewer products than with the matrix itself.
 * @param gram [..., n, n]
 */
function polynomial(tf: Tfjs, gram: Tensor, iterations: number, higherTerms: (gram: Tensor) => Tensor): Tensor {
  const linear = tf.mul(tf.eye(gram.shape.at(-1)!), A);
  let factor = tf.add(higherTerms(gram), linear);
  let [product, current] = [factor, gram];
  for (let i = 1; i < iterations; i++) {
    current = tf.matMul(tf.matMul(current, factor), factor);
    factor = tf.add(higherTerms(current), linear);
    product = tf.matMul(product, factor);
  }
  return product;
}

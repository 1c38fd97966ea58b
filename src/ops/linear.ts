// A linear layer on rows. No composite: it is one matrix product and one addition, which engines fuse by themselves,
// and tfjs' own gradients of the two are what one would write: dx = dy w^T, dw = x^T dy, db = the column sums of dy.
import * as tf from '../tf.js';
import { check } from './check.js';

/**
 * x w + b. The weight is [in, out], as GPT-2 keeps it. Rows only: tfjs' matMul gradient fails when a matrix
 * broadcasts over a batch.
 * @param x [N, in]
 * @param weight [in, out]
 * @param bias [out], or undefined for none
 * @returns [N, out]
 */
export function linear(x: tf.Tensor, weight: tf.Tensor, bias: tf.Tensor | undefined): tf.Tensor {
  check('linear: x', x, [undefined, undefined]);
  check('linear: weight', weight, [x.shape[1], undefined]);
  const product = tf.matMul(x, weight);
  if (!bias) return product;
  check('linear: bias', bias, [weight.shape[1]]);
  return tf.add(product, bias);
}

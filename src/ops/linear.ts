// A linear layer on rows. No composite: it is one matrix product and one addition, which engines fuse by themselves,
// and tfjs' own gradients of the two are what one would write: dx = dy w^T, dw = x^T dy, db = the column sums of dy.
import * as tf from '../tf.js';
import { check } from './check.js';

/**
 * x w + b, or x w^T + b. Rows only: tfjs' matMul gradient fails when a matrix
 * broadcasts over a batch.
 * @param x [N, in]
 * @param weight [in, out]; [out, in] where `outputAxis` is 0
 * @param bias [out], or undefined for none
 * @returns [N, out]
 */
export function linear(x: tf.Tensor, weight: tf.Tensor, bias: tf.Tensor | undefined, outputAxis: 0 | 1 = 1): tf.Tensor {
  check('linear: x', x, [undefined, undefined]);
  const [inputs, outputs] = outputAxis === 1 ? [0, 1] : [1, 0];
  check('linear: weight', weight, inputs === 0 ? [x.shape[1], undefined] : [undefined, x.shape[1]]);
  const product = outputAxis === 1 ? tf.matMul(x, weight) : tf.matMul(x, weight, false, true);
  if (!bias) return product;
  check('linear: bias', bias, [weight.shape[outputs!]]);
  return tf.add(product, bias);
}

// Cross-entropy of sparse targets: no one-hot of the vocabulary's width is ever made for a gradient or a loss.
//
//   TokenLoss      logits [N, V], targets int32 [N]                     -> losses [N], logSumExp [N]
//   TokenLossGrad  dlosses [N], logits, targets, logSumExp              -> dlogits [N, V]
//
// A negative target is ignored: its loss and its gradient are 0.
import * as tf from '../tf.js';
import { composite } from '../trace/composite.js';
import { check } from './check.js';
import { differentiable } from './differentiable.js';

type Tensor = tf.Tensor;

const zero = () => tf.scalar(0, 'int32');
const counted = (targets: Tensor) => tf.cast(tf.greaterEqual(targets, zero()), 'float32');

/** [losses, logSumExp]. */
export function tokenLossPlain(logits: Tensor, targets: Tensor): Tensor[] {
  const rows = logits.shape[0]!;
  const largest = tf.max(logits, 1, true);
  const sum = tf.sum(tf.exp(tf.sub(logits, largest)), 1);
  const logSumExp = tf.add(tf.log(sum), tf.reshape(largest, [rows]));
  const places = tf.concat([tf.range(0, rows, 1, 'int32').reshape([rows, 1]), column(tf.maximum(targets, zero()))], 1);
  const chosen = tf.gatherND(logits, places);
  return [tf.mul(tf.sub(logSumExp, chosen), counted(targets)), logSumExp];
}

/** [dlogits]: (softmax - 1 at the target) dlosses. */
export function tokenLossGradPlain(dlosses: Tensor, logits: Tensor, targets: Tensor, logSumExp: Tensor): Tensor[] {
  const probs = tf.exp(tf.sub(logits, column(logSumExp)));
  const hit = tf.equal(tf.range(0, logits.shape[1]!, 1, 'int32').reshape([1, -1]), column(targets)); // [N, V]
  const scale = column(tf.mul(dlosses, counted(targets)));
  return [tf.mul(tf.where(hit, tf.sub(probs, 1), probs), scale)];
}

const column = (x: Tensor) => tf.reshape(x, [x.shape[0]!, 1]);

/**
 * The negative log-likelihood of each target in nats, 0 where the target is negative.
 * @param logits [N, V]
 * @param targets int32 [N], each below V
 * @returns [N]
 */
export function tokenLosses(logits: Tensor, targets: Tensor): Tensor {
  check('tokenLosses: logits', logits, [undefined, undefined]);
  check('tokenLosses: targets', targets, [logits.shape[0]], 'int32');
  return differentiable(
    [logits],
    () => {
      const [losses, logSumExp] = composite('TokenLoss', [logits, targets], {}, tokenLossPlain);
      return { value: losses!, saved: [logits, targets, logSumExp!] };
    },
    (dlosses, saved) => composite('TokenLossGrad', [dlosses, ...saved], {}, tokenLossGradPlain),
  );
}

/** Scalars, float32. `loss` is the mean over the `count` targets that are not negative; 0 when there are none. */
export interface TokenLoss {
  readonly loss: Tensor;
  readonly lossSum: Tensor;
  readonly count: Tensor;
}

/** @see tokenLosses */
export function tokenLoss(logits: Tensor, targets: Tensor): TokenLoss {
  return meanLoss(tokenLosses(logits, targets), targets);
}

/** @param losses [N], 0 where the target is negative */
export function meanLoss(losses: Tensor, targets: Tensor): TokenLoss {
  const lossSum = tf.sum(losses);
  const count = tf.sum(counted(targets));
  return { loss: tf.div(lossSum, tf.maximum(count, 1)), lossSum, count };
}

// The weights of causal attention, for looking at them: training never needs them outside of the operation itself.
import * as tf from '../tf.js';
import { type AttentionShape, causalMask, queryKeyValue } from './heads.js';

/**
 * softmax(scale q k^T / sqrt(D), visible positions only). No gradient.
 * @param qkv [B*T, 3C], as `causalAttention` takes it
 * @returns [B, H, T, T]: row t is what position t looks at; rows sum to 1
 */
export function attentionWeights(qkv: tf.Tensor, shape: AttentionShape): tf.Tensor {
  const { q, k } = queryKeyValue(qkv, shape);
  return tf.softmax(tf.add(tf.matMul(q, k, false, true), causalMask(shape.time, shape.time, shape.window)));
}

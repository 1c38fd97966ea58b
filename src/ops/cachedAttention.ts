// Attention of one new position to those before it, whose keys and values are kept: what decoding needs in place of
// causal attention over the whole text (Shazeer 2019, arXiv:1911.02150, section 2.4). No gradient: nothing is trained so.
// B examples, R room for positions, H heads, D head width, C = H D.
import * as tf from '../tf.js';
import { check } from './check.js';
import { masked } from './heads.js';

type Tensor = tf.Tensor;

/** The earlier positions of a layer. */
export interface Past {
  /** [B, H, R, D]; what stands behind an example's length is not looked at, but must be finite. */
  readonly keys: Tensor;
  /** [B, H, R, D] */
  readonly values: Tensor;
  /** [B, 1, 1, R], of `pastMask`. */
  readonly mask: Tensor;
}

/**
 * What is added to the scores of R kept positions, of which the first `lengths` count.
 * @param lengths int32 [B], each at most R
 * @returns [B, 1, 1, R]
 */
export function pastMask(lengths: Tensor, room: number): Tensor {
  check('pastMask: lengths', lengths, [undefined], 'int32');
  const places = tf.reshape(tf.range(0, room, 1, 'int32'), [1, room]);
  const beyond = tf.greaterEqual(places, tf.reshape(lengths, [-1, 1])); // [B, R]
  return tf.reshape(tf.mul(tf.cast(beyond, 'float32'), masked), [-1, 1, 1, room]);
}

/**
 * softmax(q [K k]^T / sqrt(D)) [V v] for every head: q, k, v of the new position, K, V of those before it.
 * @param qkv [B, 3C]: one row for each example
 * @returns [B, C]
 */
export function cachedAttention(qkv: Tensor, { keys, values, mask }: Past): Tensor {
  const [batch, heads, room, width] = keys.shape as [number, number, number, number];
  check('cachedAttention: qkv', qkv, [batch, 3 * heads * width]);
  check('cachedAttention: values', values, keys.shape);
  check('cachedAttention: mask', mask, [batch, 1, 1, room]);
  const [q, k, v] = tf.split(qkv, 3, 1).map((part) => tf.reshape(part, [batch, heads, 1, width]));
  const scaled = tf.mul(q!, 1 / Math.sqrt(width));
  const before = tf.add(tf.matMul(scaled, keys, false, true), mask); // [B, H, 1, R]
  const own = tf.sum(tf.mul(scaled, k!), 3, true); // [B, H, 1, 1]
  const [past, now] = tf.split(tf.softmax(tf.concat([before, own], 3)), [room, 1], 3);
  return tf.reshape(tf.add(tf.matMul(past!, values), tf.mul(now!, v!)), [batch, heads * width]);
}

// Attention of one new position, or of several, to those before it, whose keys and values are kept: what decoding needs in place of
// causal attention over the whole text (Shazeer 2019, arXiv:1911.02150, section 2.4). No gradient: nothing is trained so.
// B examples, R room for positions, H heads of queries, K heads of keys and values (H, or a divisor of it: grouped queries, Ainslie et
// al. 2023, arXiv:2305.13245), D head width.
import * as tf from '../tf.js';
import { check } from './check.js';
import { causalMask, masked, mergeHeads, splitHeads } from './heads.js';

type Tensor = tf.Tensor;

/** The earlier positions of a layer. */
export interface Past {
  /** [B, K, R, D]; what comes after an example's length is not looked at, but must be finite. */
  readonly keys: Tensor;
  /** [B, K, R, D] */
  readonly values: Tensor;
  /** [B, 1, 1, R] of `pastMask`, or [B, 1, T, R] of `windowMask`. */
  readonly mask: Tensor;
  /** How many positions a new one attends to, its own included; absent: all. */
  readonly window?: number | undefined;
}

/**
 * What is added to the scores of R kept positions, of which the first `lengths` count.
 * @param lengths int32 [B], each at most R
 * @param replaced int32 [B]: a place that does not count, because the new position will take it
 * @returns [B, 1, 1, R]
 */
export function pastMask(lengths: Tensor, room: number, replaced?: Tensor): Tensor {
  check('pastMask: lengths', lengths, [undefined], 'int32');
  const places = tf.reshape(tf.range(0, room, 1, 'int32'), [1, room]);
  const beyond = tf.greaterEqual(places, tf.reshape(lengths, [-1, 1])); // [B, R]
  const hidden = replaced ? tf.logicalOr(beyond, tf.equal(places, tf.reshape(replaced, [-1, 1]))) : beyond;
  return tf.reshape(tf.mul(tf.cast(hidden, 'float32'), masked), [-1, 1, 1, room]);
}

export interface WindowShape {
  /** R */
  readonly room: number;
  /** T */
  readonly time: number;
  /** How many positions a new one attends to, its own included. */
  readonly window: number;
}

/**
 * As `pastMask`, for T new positions that each see a window of those before them.
 * @param lengths int32 [B], how many are kept
 * @param places int32 [B], where the first new one will be kept: behind the others, or in a full cache in the place of the oldest
 * @returns [B, 1, T, R]
 */
export function windowMask(lengths: Tensor, places: Tensor, { room, time, window }: WindowShape): Tensor {
  check('windowMask: lengths', lengths, [undefined], 'int32');
  check('windowMask: places', places, lengths.shape, 'int32');
  const int = (value: number) => tf.scalar(value, 'int32');
  const kept = tf.reshape(tf.range(0, room, 1, 'int32'), [1, 1, room]);
  const back = tf.sub(tf.reshape(places, [-1, 1, 1]), kept); // [B, 1, R]
  const older = tf.cast(tf.lessEqual(back, int(0)), 'int32'); // than what lies at the first place
  const age = tf.add(back, tf.mul(older, int(room))); // before the first new position: 1 for the newest
  const apart = tf.add(age, tf.reshape(tf.range(0, time, 1, 'int32'), [1, time, 1])); // [B, T, R]
  const beyond = tf.greaterEqual(kept, tf.reshape(lengths, [-1, 1, 1]));
  const hidden = tf.logicalOr(tf.greaterEqual(apart, int(window)), beyond);
  return tf.reshape(tf.mul(tf.cast(hidden, 'float32'), masked), [-1, 1, time, room]);
}

/**
 * softmax(scale q [K k]^T / sqrt(D)) [V v] for every head: q, k, v of T new positions, which see each other's past, and K, V of
 * those before them.
 * @param qkv [B*T, (H + 2K) D]: for each example T rows of queries, keys and values
 * @returns [B*T, H D]
 */
export function cachedAttention(qkv: Tensor, past: Past, scale = 1): Tensor {
  const { keys, values, mask } = past;
  const [batch, kept, room, width] = keys.shape as [number, number, number, number];
  const time = qkv.shape[0]! / batch;
  check('cachedAttention: qkv', qkv, [batch * Math.max(1, Math.floor(time)), undefined]);
  const group = (qkv.shape[1]! / width - 2 * kept) / kept; // queries to one key
  if (!Number.isInteger(group) || group < 1)
    throw new Error(
      `cachedAttention: ${qkv.shape[1]} columns are not queries, keys and values of ${kept} heads of ${width}`,
    );
  check('cachedAttention: values', values, keys.shape);
  check('cachedAttention: mask', mask, [batch, 1, mask.shape[2] === 1 ? 1 : time, room]);
  const parts = group === 1 ? 3 : [group, 1, 1].map((heads) => heads * kept * width);
  const split = tf.split(qkv, parts, 1) as [Tensor, Tensor, Tensor];
  return (time === 1 ? oneMore : severalMore)(split, past, { group, time, scale: scale / Math.sqrt(width) });
}

interface Rows {
  /** H / K */
  readonly group: number;
  readonly time: number;
  readonly scale: number;
}

/** @param qkv [B, H D], [B, K D], [B, K D] */
function oneMore(qkv: readonly [Tensor, Tensor, Tensor], { keys, values, mask }: Past, { group, scale }: Rows): Tensor {
  const [batch, kept, room, width] = keys.shape as [number, number, number, number];
  const [q, k, v] = qkv.map((part) => tf.reshape(part, [batch, kept, part.shape[1]! / kept / width, width]));
  const scaled = tf.mul(q!, scale); // [B, K, H / K, D]
  const before = tf.add(tf.matMul(scaled, keys, false, true), mask); // [B, K, H / K, R]
  const own = tf.sum(tf.mul(scaled, k!), 3, true); // [B, K, H / K, 1]
  const [past, now] = tf.split(tf.softmax(tf.concat([before, own], 3)), [room, 1], 3);
  return tf.reshape(tf.add(tf.matMul(past!, values), tf.mul(now!, v!)), [batch, group * kept * width]);
}

/** @param qkv [B*T, H D], [B*T, K D], [B*T, K D] */
function severalMore(
  [q, k, v]: readonly [Tensor, Tensor, Tensor],
  { keys, values, mask, window }: Past,
  { group, time, scale }: Rows,
): Tensor {
  const [batch, kept, room, width] = keys.shape as [number, number, number, number];
  const heads = (x: Tensor, count: number) => splitHeads(x, { batch, time, heads: count });
  const queries = tf.reshape(tf.mul(heads(q, group * kept), scale), [batch, kept, group * time, width]);
  const earlier = mask.shape[2] === 1 ? mask : tf.tile(mask, [1, 1, group, 1]);
  const before = tf.add(tf.matMul(queries, keys, false, true), earlier); // [B, K, H / K T, R]
  const later = tf.tile(causalMask(time, time, window), [group, 1]); // [H / K T, T]
  const own = tf.add(tf.matMul(queries, heads(k, kept), false, true), later);
  const [past, now] = tf.split(tf.softmax(tf.concat([before, own], 3)), [room, time], 3);
  const mixed = tf.add(tf.matMul(past!, values), tf.matMul(now!, heads(v, kept)));
  const shape = { batch, time, heads: group * kept };
  return mergeHeads(tf.reshape(mixed, [batch, group * kept, time, width]), shape);
}

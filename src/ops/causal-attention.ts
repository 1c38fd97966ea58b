// Causal multi-head attention (Vaswani et al. 2017, arXiv:1706.03762), whole from the joint projection to the merged
// heads, so that an engine may choose its own layouts. B batch, T time, H heads, D head width, C = H D.
//
//   CausalAttention      qkv [B*T, 3C], keep [B, H, T, T]?    -> y [B*T, C], probs [B, H, T, T]  { batch, time, heads, scale?, window? }
//   CausalAttentionGrad  dy [B*T, C], qkv, probs, keep?       -> dqkv [B*T, 3C]                  { batch, time, heads, scale?, window? }
//
// A row of qkv is q, k, v one after the other, each with its heads one after the other.
// `keep` is attention dropout: 0 where a weight is dropped, 1 / (1 - rate) elsewhere. `probs` are the weights before it.
// Long texts are computed in blocks: block-attention.ts.
import * as tf from '../tf.js';
import { composite } from '../trace/composite.js';
import { blockAttention } from './block-attention.js';
import { check } from './check.js';
import { differentiable } from './differentiable.js';
import { type Dropout, dropoutMask } from './dropout.js';
import { type AttentionShape, causalMask, mergeHeads, queryKeyValue, splitHeads } from './heads.js';

type Tensor = tf.Tensor;

/** From this many positions on the form in blocks is faster (docs/log.md). */
const blocksFrom = 384;
const blockCount = (time: number) => Math.max(4, Math.ceil(time / 256));

/** [y, probs]. */
export function causalAttentionPlain(shape: AttentionShape, qkv: Tensor, keep?: Tensor): Tensor[] {
  const { q, k, v } = queryKeyValue(qkv, shape);
  const scores = tf.matMul(q, k, false, true); // [B, H, T, T]
  const probs = tf.softmax(tf.add(scores, causalMask(shape.time, shape.time, shape.window)));
  const weights = keep ? tf.mul(probs, keep) : probs;
  return [mergeHeads(tf.matMul(weights, v), shape), probs];
}

/** [dqkv]. */
export function causalAttentionGradPlain(
  shape: AttentionShape,
  dy: Tensor,
  qkv: Tensor,
  probs: Tensor,
  keep?: Tensor,
): Tensor[] {
  const { q, k, v, scale } = queryKeyValue(qkv, shape);
  const dmerged = splitHeads(dy, shape); // [B, H, T, D]
  const weights = keep ? tf.mul(probs, keep) : probs;
  const dv = tf.matMul(weights, dmerged, true, false);
  const dweights = tf.matMul(dmerged, v, false, true); // [B, H, T, T]
  const dprobs = keep ? tf.mul(dweights, keep) : dweights;
  const along = tf.sum(tf.mul(dprobs, probs), 3, true);
  const dscores = tf.mul(probs, tf.sub(dprobs, along));
  const dq = tf.mul(tf.matMul(dscores, k), scale);
  const dk = tf.matMul(dscores, q, true, false);
  return [
    tf.concat(
      [dq, dk, dv].map((part) => mergeHeads(part, shape)),
      1,
    ),
  ];
}

/**
 * softmax(scale q k^T / sqrt(D), visible positions only) v for every head.
 * @param qkv [B*T, 3C]
 * @param dropout of the weights, if any
 * @returns [B*T, C]
 */
export function causalAttention(qkv: Tensor, shape: AttentionShape, dropout?: Dropout): Tensor {
  const { batch, time, heads } = shape;
  check('causalAttention: qkv', qkv, [batch * time, undefined]);
  if (qkv.shape[1]! % (3 * heads) !== 0) {
    throw new Error(`causalAttention: ${qkv.shape[1]} columns are not q, k and v of ${heads} heads`);
  }
  if (time >= blocksFrom) return blockAttention(qkv, shape, blockCount(time), dropout);
  const keep = dropout && dropoutMask([batch, heads, time, time], dropout.rate, dropout.key, dropout.place);
  return wholeAttention(qkv, shape, keep);
}

/** With all weights at once. @param keep [B, H, T, T], attention dropout's mask, if any; no gradient is taken by it */
export function wholeAttention(qkv: Tensor, shape: AttentionShape, keep?: Tensor): Tensor {
  const attributes = attributesOf(shape);
  const masks = keep ? [keep] : [];
  return differentiable(
    [qkv],
    () => {
      const [y, probs] = composite('CausalAttention', [qkv, ...masks], attributes, (x, mask) =>
        causalAttentionPlain(shape, x!, mask),
      );
      return { value: y!, saved: [qkv, probs!, ...masks] };
    },
    (dy, saved) =>
      composite('CausalAttentionGrad', [dy, ...saved], attributes, (d, x, probs, mask) =>
        causalAttentionGradPlain(shape, d!, x!, probs!, mask),
      ),
  );
}

/** Without what is absent, or changes nothing. */
function attributesOf({ batch, time, heads, scale, window = time }: AttentionShape) {
  return { batch, time, heads, ...(scale !== undefined && { scale }), ...(window < time && { window }) };
}

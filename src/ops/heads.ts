// How rows of q, k and v become heads and heads become rows again, for both forms of causal attention. B batch, T time,
// H heads, D head width, C = H D.
import * as tf from '../tf.js';

type Tensor = tf.Tensor;

export interface AttentionShape {
  readonly batch: number;
  readonly time: number;
  readonly heads: number;
  /** What the scores are multiplied with besides 1 / sqrt(D). Default 1. */
  readonly scale?: number;
}

// Added to the scores of later positions: finite, so that no engine meets inf - inf, and its exp is exactly 0.
export const masked = -1e9;

/** [R, E]: what is added to the scores of the last R of E positions, by the positions up to the end. */
export function futureMask(rows: number, positions: number): Tensor {
  const data = new Float32Array(rows * positions);
  const before = positions - rows;
  for (let row = 0; row < rows; row++) data.fill(masked, row * positions + before + row + 1, (row + 1) * positions);
  return tf.tensor2d(data, [rows, positions]);
}

/** [B*T, C] to [B, H, T, D]. */
export function splitHeads(x: Tensor, { batch, time, heads }: AttentionShape): Tensor {
  return tf.transpose(tf.reshape(x, [batch, time, heads, x.shape[1]! / heads]), [0, 2, 1, 3]);
}

/** [B, H, T, D] to [B*T, C]. */
export function mergeHeads(x: Tensor, { batch, time }: AttentionShape): Tensor {
  return tf.reshape(tf.transpose(x, [0, 2, 1, 3]), [batch * time, -1]);
}

/** q already scaled: that is T / D times less work than scaling the scores. */
export function queryKeyValue(qkv: Tensor, shape: AttentionShape) {
  const [q, k, v] = tf.split(qkv, 3, 1).map((part) => splitHeads(part, shape));
  const scale = (shape.scale ?? 1) / Math.sqrt(q!.shape[3]!);
  return { q: tf.mul(q!, scale), k: k!, v: v!, scale };
}

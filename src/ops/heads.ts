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
  /** How many positions a query attends to, its own included (Beltagy et al. 2020, arXiv:2004.05150). Default: all up to its own. */
  readonly window?: number | undefined;
}

// Added to the scores of positions that are not seen: finite, so that no engine meets inf - inf, and its exp is exactly 0.
export const masked = -1e9;

/**
 * [R, E]: what is added to the scores of the last R of E positions. A query sees the positions up to its own.
 * @param window how many of them; default: all
 */
export function causalMask(rows: number, positions: number, window = positions): Tensor {
  const data = new Float32Array(rows * positions);
  for (let row = 0; row < rows; row++) {
    const own = positions - rows + row;
    data.fill(masked, row * positions, row * positions + Math.max(0, own - window + 1));
    data.fill(masked, row * positions + own + 1, (row + 1) * positions);
  }
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

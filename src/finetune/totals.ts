// What counts in the whole batch of an optimizer step: the denominators of its losses, however the batch is divided into
// micro-batches and among workers. Every worker has all examples and knows the whole batch, so nothing need be asked.
import type { Encoded, PaddedBatch } from '../dataset/index.js';

/**
 * float32 [1], 1 where nothing counts: the loss is then 0.
 * @param count what an example counts, by its index
 */
export function totalOf({ whole }: PaddedBatch, count: (row: number) => number): Float32Array {
  return Float32Array.of(sumOf(whole, count) || 1);
}

export function sumOf(rows: readonly number[], count: (row: number) => number): number {
  return rows.reduce((sum, row) => sum + count(row), 0);
}

/** What the label of an example weighs. */
export function weightOf({ label }: Encoded, weights: ArrayLike<number> | undefined): number {
  if (label < 0) return 0;
  return weights ? weights[label]! : 1;
}

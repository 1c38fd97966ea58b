// How much a worker's part of a batch counts, so that the mean of the workers' losses is the loss of the whole batch. Every
// worker has all examples and knows the whole batch, so nothing need be asked.
import type { Encoded, PaddedBatch } from '../../dataset/index.js';

/**
 * The part's share of what counts in the batch, times the number of parts: float32 [1].
 * @param weigh what an example counts, by its index
 */
export function shareOf({ rows, whole }: PaddedBatch, parts: number, weigh: (row: number) => number): Float32Array {
  const total = (indices: Iterable<number>) => {
    let sum = 0;
    for (const row of indices) sum += weigh(row);
    return sum;
  };
  const all = total(whole);
  return Float32Array.of(all === 0 ? 0 : (total(rows) / all) * parts);
}

/** What the label of an example weighs. */
export function weightOf({ label }: Encoded, weights: ArrayLike<number> | undefined): number {
  if (label < 0) return 0;
  return weights ? weights[label]! : 1;
}

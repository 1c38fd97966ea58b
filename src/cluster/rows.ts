// Which rows of a batch are a worker's, and a micro-batch's. Knows no batch.

/** One worker's rows of a batch: of `batchSize` each, part `index` of `count` parts; the last ones may have fewer. */
export interface Part {
  /** From 0. */
  readonly index: number;
  readonly count: number;
  /** Rows of the whole batch: the sum over all parts, or fewer where the workers do not divide it. */
  readonly whole: number;
}

/** The part of a worker; undefined where it works alone. */
export function partOf(
  cluster: { readonly rank: number; readonly size: number } | undefined,
  whole: number,
): Part | undefined {
  return cluster && { index: cluster.rank, count: cluster.size, whole };
}

/** Rows `from` to `to` (without it) of the batch of an optimizer step. */
export interface RowRange {
  readonly from: number;
  readonly to: number;
}

/**
 * Which rows of a step's batch a micro-batch has: the rows of all workers' first micro-batches come first.
 * @param part of every micro-batch; undefined: all its rows
 * @param batchSize rows of a worker's micro-batch
 * @param micro which micro-batch, from 0
 */
export function rowRange(part: Part | undefined, batchSize: number, micro = 0): RowRange {
  const { index, whole } = part ?? { index: 0, whole: batchSize };
  const [first, last] = [index * batchSize, (index + 1) * batchSize].map((row) => Math.min(row, whole));
  return { from: micro * whole + first!, to: micro * whole + last! };
}

// Which rows of a batch are a worker's. Knows no batch.

/** One worker's rows of a batch: of `batchSize` each, part `index` of `count` parts; the last ones may have fewer. */
export interface Part {
  /** From 0. */
  readonly index: number;
  readonly count: number;
  /** Rows of the whole batch: at most those of all parts, fewer where the workers do not divide it. */
  readonly whole: number;
}

/** The part of a worker; undefined where it works alone. */
export function partOf(
  cluster: { readonly rank: number; readonly size: number } | undefined,
  whole: number,
): Part | undefined {
  return cluster && { index: cluster.rank, count: cluster.size, whole };
}

/** How many rows a part has. */
export function rowsOf({ index, whole }: Part, batchSize: number): number {
  return Math.max(0, Math.min(batchSize, whole - index * batchSize));
}

// Which rows of a batch are a worker's. Knows no batch.

/** One of `count` equal parts of a batch, by index from 0. */
export interface Part {
  readonly index: number;
  readonly count: number;
}

/** The part of a worker; undefined where it works alone. */
export function partOf(cluster: { readonly rank: number; readonly size: number } | undefined): Part | undefined {
  return cluster && { index: cluster.rank, count: cluster.size };
}

// Workers that train one model together, as the code above an engine sees them. Knows no TensorFlow, no network and no
// training.

/** Where a worker stands among the others. */
export interface ClusterSpec {
  /** From 0. Worker 0 leads: it holds the run folder, evaluates, saves and reports. */
  readonly rank: number;
  /** `host:port` of every worker, by rank. */
  readonly addresses: readonly string[];
}

/** Numbers that workers can add up: float64, or whole numbers of 32 bits (which wrap around). */
export type Summands = Float64Array | Int32Array;

/**
 * The workers when all of them are there. Every worker makes the same calls in the same order; a call waits for the
 * slowest worker, as long as that one is alive.
 */
export interface Cluster {
  readonly rank: number;
  readonly size: number;
  /**
   * The sum over the workers, number by number: the same bits at every worker.
   * @param values as many, and of the same kind, at every worker
   * @throws GptError `cluster/worker-lost` when a worker died or cannot be reached
   */
  sum<T extends Summands>(values: T): Promise<T>;
}

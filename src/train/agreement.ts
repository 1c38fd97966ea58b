// What all workers of a run must agree on, or they would deadlock: whether one of them
// was asked to stop, and worker 0's clock. Both are added up over the workers, at a step together with its gradient. Alone,
// a worker simply looks. Knows no steps.
import type { Cluster } from '../cluster/types.js';

export class Agreement {
  private stop = false;
  private seconds = 0;

  /** @param clock seconds of this process */
  constructor(
    private readonly cluster: Cluster | undefined,
    private readonly signal: AbortSignal | undefined,
    private readonly clock: () => number,
  ) {}

  /** Whether the run was asked to stop. */
  get stopped(): boolean {
    return this.cluster ? this.stop : this.signal?.aborted === true;
  }

  /** Seconds since the start, by which decisions are taken. Among workers: at the last meeting. */
  get elapsed(): number {
    return this.cluster ? this.seconds : this.clock();
  }

  /** What this worker adds to the sum of the next step; undefined when it works alone. */
  votes(): readonly number[] | undefined {
    if (!this.cluster) return undefined;
    return [this.signal?.aborted ? 1 : 0, this.cluster.rank === 0 ? this.clock() : 0];
  }

  /** Takes over what all votes together say. */
  take(sums: readonly number[] | undefined): void {
    if (!this.cluster) return;
    if (sums?.length !== 2) throw new Error(`two votes were cast, ${sums?.length ?? 'none'} came back`);
    this.stop = sums[0]! > 0;
    this.seconds = sums[1]!;
  }

  /** Meets the other workers where there is no step. */
  async meet(): Promise<void> {
    if (this.cluster) this.take([...(await this.cluster.sum(Float64Array.from(this.votes()!)))]);
  }
}

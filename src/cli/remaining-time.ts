// When a run will end.

/** Judges by how fast the run has gone since it began, or by the time it was given. */
export class Estimate {
  private first: { iter: number; elapsed: number } | undefined;

  constructor(
    private readonly maxIters: number | null,
    private readonly maxTime: number | null,
  ) {}

  /** Seconds until the end; undefined until there are two steps to judge by. */
  secondsLeft(iter: number, elapsed: number): number | undefined {
    this.first ??= { iter, elapsed };
    if (this.maxTime !== null) return Math.max(0, this.maxTime - elapsed);
    const steps = iter - this.first.iter;
    if (this.maxIters === null || steps <= 0) return undefined;
    return ((this.maxIters - iter) * (elapsed - this.first.elapsed)) / steps;
  }
}

// How fast the steps go, and how many of them fit into a time budget. Knows only a clock's readings, in seconds.

/** Tokens a second over the steps alone. The first step, which may compile, counts only while it is the only one. */
export class Throughput {
  private first = 0;
  private total = 0;
  private steps = 0;
  private sinceTaken = { seconds: 0, steps: 0 };

  constructor(private readonly tokensPerStep: number) {}

  add(seconds: number): void {
    if (this.steps++ === 0) {
      this.first = seconds;
      return;
    }
    this.total += seconds;
    this.sinceTaken = { seconds: this.sinceTaken.seconds + seconds, steps: this.sinceTaken.steps + 1 };
  }

  /** Of the steps since the last call. */
  take(): number {
    const { seconds, steps } = this.sinceTaken;
    this.sinceTaken = { seconds: 0, steps: 0 };
    return steps === 0 ? this.overall() : this.rate(steps, seconds);
  }

  /** Of all steps; 0 before the first. */
  overall(): number {
    return this.steps > 1 ? this.rate(this.steps - 1, this.total) : this.rate(this.steps, this.first);
  }

  private rate(steps: number, seconds: number): number {
    return steps === 0 ? 0 : (steps * this.tokensPerStep) / Math.max(seconds, 1e-9);
  }
}

/** Where a run with a time budget stands. */
export interface Reading {
  readonly iter: number;
  /** Of the budget, seconds. */
  readonly elapsed: number;
}

/** Until this step the plan is made again after each step: a short run needs one early, and few steps measure poorly. */
const earlySteps = 6;

/**
 * Turns a time budget into a number of steps. The schedule of a run that time decides needs its length: it is measured
 * early, then corrected after an evaluation if it was off by more than 2 %. In between, the learning rate depends on the
 * step alone, and the plan is part of the training state.
 */
export class TimePlan {
  private start: Reading | undefined;

  constructor(private readonly budget: number) {}

  /** After each step; the first of this process only starts the measurement, since it may compile. */
  measure(now: Reading): void {
    this.start ??= now;
  }

  /**
   * Whether a plan is to be made now. It takes 2 % of the budget and 5 measured steps; where steps are so long that the first
   * ones take as much, one measured step does for the time being.
   */
  due(now: Reading, current: number | null): boolean {
    if (this.start === undefined || now.elapsed < 0.02 * this.budget) return false;
    const measured = now.iter - this.start.iter;
    return now.iter <= earlySteps ? measured >= 1 : current === null && measured >= 5;
  }

  /**
   * The steps that the run will have at the speed measured so far.
   * @param reserve seconds that the last evaluation will take
   */
  plan(now: Reading, current: number | null, reserve: number): number | null {
    const steps = this.start === undefined ? 0 : now.iter - this.start.iter;
    if (steps < 1) return current;
    const perStep = (now.elapsed - this.start!.elapsed) / steps;
    const left = Math.max(0, this.budget - now.elapsed - reserve);
    const planned = Math.max(now.iter + 1, now.iter + Math.floor(left / Math.max(perStep, 1e-9)));
    return current !== null && Math.abs(planned - current) <= 0.02 * current ? current : planned;
  }
}

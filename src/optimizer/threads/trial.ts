// Two ways to do the same, the second of which may be faster: which one is, found while the work is done.

/** Runs of each way. The first does not count: it touches memory for the first time. */
const rounds = 4;

/** What the second way must save to be worth its threads. */
const worth = 0.95;

export class Trial {
  private readonly times: [number[], number[]] = [[], []];
  private chosen: 0 | 1 | undefined;

  /** Runs one of the ways, both in turns until it is known which is faster. */
  run<T>(...ways: readonly [() => T, () => T]): T {
    if (this.chosen !== undefined) return ways[this.chosen]();
    const [one, two] = this.times;
    const next = one.length > two.length ? 1 : 0;
    const began = performance.now();
    const result = ways[next]();
    this.times[next].push(performance.now() - began);
    if (two.length === rounds) this.chosen = best(two) < worth * best(one) ? 1 : 0;
    return result;
  }
}

const best = (times: readonly number[]) => Math.min(...times.slice(1));

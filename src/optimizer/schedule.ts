// The learning rate as a pure function of the step.

export interface Schedule {
  /** The largest rate, reached after warm-up. */
  readonly learningRate: number;
  /** The rate at the end; unused by `constant`. */
  readonly minLearningRate: number;
  /** Steps of linear warm-up from near zero. */
  readonly warmupIters: number;
  /** Steps of the whole run; from there on the rate is the smallest one. */
  readonly totalIters: number;
  readonly kind: 'cosine' | 'linear' | 'wsd' | 'constant';
  /** Of `wsd`: the part of the run, at its end, in which the rate falls. */
  readonly decayFraction: number;
}

/**
 * Steps with warm-up or the full rate in a run of `wsd`; the steps after them decay. Infinite while the length of the run is.
 */
export function stableIters({
  warmupIters,
  totalIters,
  decayFraction,
}: Pick<Schedule, 'warmupIters' | 'totalIters' | 'decayFraction'>): number {
  if (totalIters === Number.POSITIVE_INFINITY) return totalIters;
  return Math.max(Math.min(warmupIters, totalIters), totalIters - Math.round(decayFraction * totalIters));
}

/**
 * The rate of step `iter`, counted from 0, as nanoGPT: warm-up gives learningRate * (iter + 1) / (warmupIters + 1), then
 * the rate falls from learningRate at warmupIters to minLearningRate at totalIters (cosine: Loshchilov and Hutter 2017,
 * arXiv:1608.03983, without restarts). `wsd` (warm-up, stable, decay; Haegele et al. 2024, arXiv:2405.18392) stays at
 * learningRate and falls linearly in the last part only.
 */
export function learningRateAt(iter: number, schedule: Schedule): number {
  const { learningRate, minLearningRate, warmupIters, totalIters, kind } = schedule;
  if (iter < warmupIters) return (learningRate * (iter + 1)) / (warmupIters + 1);
  if (kind === 'constant') return learningRate;
  if (iter >= totalIters) return minLearningRate;
  const start = kind === 'wsd' ? stableIters(schedule) : warmupIters;
  if (iter < start) return learningRate;
  const done = (iter - start) / (totalIters - start); // [0, 1)
  const share = kind === 'cosine' ? 0.5 * (1 + Math.cos(Math.PI * done)) : 1 - done;
  return minLearningRate + share * (learningRate - minLearningRate);
}

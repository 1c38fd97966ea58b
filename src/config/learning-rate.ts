// The rules for what nobody set of the learning rate: for pretraining and finetuning, for runs of steps, of epochs and of a
// time.

/**
 * Steps of warm-up in a run of `total` steps: a tenth of them, at most 100.
 * @param total null while the length of a run is not known yet
 */
export function defaultWarmup(total: number | null): number {
  return total === null ? 100 : Math.min(100, Math.floor(total / 10));
}

/** The learning rate at the end: 0 after a decay of its own (wsd), else a tenth of the peak. */
export function defaultMinLearningRate(lrSchedule: string, learningRate: number): number {
  return lrSchedule === 'wsd' ? 0 : Number((learningRate / 10).toPrecision(12));
}

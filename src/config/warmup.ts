// The one rule for warm-up that nobody set: for pretraining and finetuning, for runs of steps, of epochs and of a time.

/**
 * Steps of warm-up in a run of `total` steps: a tenth of them, at most 100.
 * @param total null while the length of a run is not known yet
 */
export function defaultWarmup(total: number | null): number {
  return total === null ? 100 : Math.min(100, Math.floor(total / 10));
}

// From a configuration to the learning rate of a step. Knows the settings' meaning, not how a run is driven.
import type { TrainingConfig } from '../config/index.js';
import { learningRateAt } from '../optimizer/index.js';

type Settings = Pick<TrainingConfig, 'learningRate' | 'minLr' | 'warmupIters' | 'lrSchedule'>;

/**
 * The rate of step `iter`, counted from 1, in a run of `total` steps. While the length of a run that time decides is
 * still unknown (null) the rate only warms up and then stays.
 */
export function learningRateOf({ learningRate, minLr, warmupIters, lrSchedule }: Settings) {
  return (iter: number, total: number | null): number =>
    learningRateAt(iter - 1, {
      learningRate,
      minLearningRate: minLr ?? learningRate / 10,
      warmupIters: warmupIters ?? 100,
      totalIters: total ?? Number.POSITIVE_INFINITY,
      kind: total === null ? 'constant' : lrSchedule,
    });
}

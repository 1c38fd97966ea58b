// From a configuration to the length of a run and the learning rate of a step. Knows the settings' meaning, not how a run is
// driven.
import { defaultMinLearningRate, defaultWarmup, type TrainingConfig } from '../config/index.js';
import type { NoticeEvent } from '../events.js';
import { learningRateAt, stableIters } from '../optimizer/index.js';
import type { TrainingJob } from '../train/index.js';

type Settings = Pick<TrainingConfig, 'learningRate' | 'minLr' | 'warmupIters' | 'lrSchedule' | 'decayFraction'>;

/**
 * The steps of a run and of its warm-up where the settings leave them to the data; null where time decides.
 * @param stepsPerEpoch optimizer steps that see all the data once
 */
export function stepsOf(
  { epochs, maxIters: given, warmupIters: warmup }: Pick<TrainingConfig, 'epochs' | 'maxIters' | 'warmupIters'>,
  stepsPerEpoch: number,
): Pick<TrainingConfig, 'maxIters' | 'warmupIters'> {
  const maxIters = epochs === null ? given : Math.ceil(epochs * stepsPerEpoch);
  return { maxIters, warmupIters: warmup ?? (maxIters === null ? null : defaultWarmup(maxIters)) };
}

/** Warns of a run that ends before its learning rate is at its full value, or whose decay is shorter than a step. */
export function* checkSchedule(settings: Settings & Pick<TrainingConfig, 'maxIters'>): Generator<NoticeEvent> {
  const { maxIters, warmupIters, learningRate, lrSchedule, decayFraction } = settings;
  if (maxIters === null || warmupIters === null) return;
  if (warmupIters >= maxIters) {
    const message = `the run of ${maxIters} steps ends within its warm-up: the learning rate does not reach ${learningRate} (--warmup-iters ${warmupIters})`;
    yield { event: 'notice', level: 'warning', message };
  } else if (lrSchedule === 'wsd' && stableIters(lengthsOf(settings, maxIters)) >= maxIters) {
    const message = `the run of ${maxIters} steps has no decay: ${decayFraction} of it is not one step (--decay-fraction)`;
    yield { event: 'notice', level: 'warning', message };
  }
}

/**
 * The rate of step `iter`, counted from 1, in a run of `total` steps. While the length of a run that time decides is
 * still unknown (null) the rate only warms up and then stays. Warm-up that was not set follows the length.
 */
export function learningRateOf(settings: Settings): TrainingJob['learningRate'] {
  const { learningRate, minLr, lrSchedule } = settings;
  return (iter, total) =>
    learningRateAt(iter - 1, {
      ...lengthsOf(settings, total),
      learningRate,
      minLearningRate: minLr ?? defaultMinLearningRate(lrSchedule, learningRate),
      kind: total === null ? 'constant' : lrSchedule,
    });
}

/** What the loop is to know of the learning rate; `stableIters` of a schedule with a stable part. */
export function scheduleOf(settings: Settings): Pick<TrainingJob, 'learningRate' | 'stableIters'> {
  return {
    learningRate: learningRateOf(settings),
    ...(settings.lrSchedule === 'wsd' && { stableIters: (total) => stableIters(lengthsOf(settings, total)) }),
  };
}

function lengthsOf({ warmupIters, decayFraction }: Settings, total: number | null) {
  const totalIters = total ?? Number.POSITIVE_INFINITY;
  return { warmupIters: warmupIters ?? defaultWarmup(total), totalIters, decayFraction };
}

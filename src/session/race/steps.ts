// How long training steps take on engines that take turns: the reference model of docs/benchmarks.md, step by step.
import type { GptConfig } from '../../model/index.js';
import { median, TimedSteps } from '../timed-steps.js';
import type { Contestant } from './record.js';

/** nanoGPT's CPU recipe on characters, as `configs/char-tiny.json` has it. */
const model: GptConfig = {
  vocabSize: 65,
  blockSize: 64,
  nLayer: 4,
  nHead: 4,
  nEmbd: 128,
  dropout: 0,
  bias: true,
  position: 'learned',
  layerNormEpsilon: 1e-5,
};
const batchSize = 12;
const adamw = { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.1, gradClip: 1 };
/** Steps before anything is measured: the first ones allocate. */
const warmup = 3;

/**
 * Medians of the contestants' steps, in milliseconds.
 * @param seconds to measure, once all are compiled; each makes at least three steps
 */
export async function raceSteps(
  contestants: readonly Contestant[],
  threads: number,
  seconds: number,
): Promise<number[]> {
  const runners: TimedSteps[] = [];
  for (const contestant of contestants) {
    const timed = { model, batchSize, options: adamw };
    runners.push(await TimedSteps.open({ ...contestant, device: 'cpu', threads }, timed));
  }
  for (let i = 0; i < warmup; i++) for (const runner of runners) await runner.step();
  for (const runner of runners) runner.times.length = 0;
  const end = performance.now() + 1000 * seconds;
  do for (const runner of runners) await runner.step();
  while (runners[0]!.times.length < 3 || performance.now() < end);
  for (const runner of runners) await runner.close();
  return runners.map(({ times }) => median(times));
}

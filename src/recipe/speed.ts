// How fast the engine of a run trains models of a shape: a few steps are made and timed. From the time of one shape follows that of
// others, by their arithmetic.
import type { EngineChoice } from '../engine/index.js';
import { median, type TimedModel, TimedSteps } from '../session/timed-steps.js';
import { flopsPerStep, type Shape } from './shapes.js';

export interface Measured {
  readonly shape: Shape;
  /** Of a training step over one batch. */
  readonly seconds: number;
}

/**
 * Compiles and trains a model of random weights for a moment.
 * @param seconds to measure; of a slow engine at least one step, of a fast one at least three
 */
export async function measureSteps(
  engine: EngineChoice,
  shape: Shape,
  model: Omit<TimedModel, 'batchSize'>,
  seconds: number,
): Promise<Measured> {
  const timed = await TimedSteps.open(engine, { ...model, batchSize: shape.batchSize });
  try {
    await timed.step(); // allocates
    if (timed.times[0]! < 1000 * seconds) await timed.step();
    timed.times.length = 0;
    const began = performance.now();
    const elapsed = () => (performance.now() - began) / 1000;
    do await timed.step();
    while (elapsed() < (timed.times.length < 3 ? 3 : 1) * seconds);
    return { shape, seconds: median(timed.times) / 1000 };
  } finally {
    await timed.close();
  }
}

/** Seconds of a batch of any shape: as its arithmetic to that of the measured shape that is nearest to it. */
export function speedOf(measured: readonly Measured[]): (shape: Shape) => number {
  return (shape) => {
    const flops = flopsPerStep(shape);
    const distance = (each: Measured) => Math.abs(Math.log(flopsPerStep(each.shape) / flops));
    const nearest = measured.reduce((a, b) => (distance(b) < distance(a) ? b : a));
    return (nearest.seconds * flops) / flopsPerStep(nearest.shape);
  };
}

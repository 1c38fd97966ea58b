// Which way of running a training step is the faster one here: both make steps that change nothing, timed.
import type { Trainer } from './training.js';
import type { Mode } from './writer.js';

/** XLA first: it asks for one large block, which the small ones of a plain graph then fit into. */
const modes = ['xla', 'graph'] as const satisfies readonly Mode[];

/** Enough to tell them apart, in milliseconds and steps. */
const enough = 300;
const most = 20;

/**
 * The faster one, compiled; the other is disposed. One way makes all steps of a run: trajectories differ in the last
 * bits.
 */
export async function fastest<T extends Trainer>(
  make: (mode: Mode) => T,
  microBatches: number,
): Promise<{ mode: Mode; training: T }> {
  let best: { mode: Mode; training: T; milliseconds: number } | undefined;
  for (const mode of modes) {
    const training = make(mode);
    const milliseconds = await measured(training, microBatches);
    if (best && best.milliseconds <= milliseconds) training.dispose();
    else {
      best?.training.dispose();
      best = { mode, training, milliseconds };
    }
  }
  return best!;
}

/** Of one step: the best of some after the first, which compiles. */
async function measured(training: Trainer, microBatches: number): Promise<number> {
  await training.warmUp(microBatches);
  const times: number[] = [];
  const begun = performance.now();
  do {
    const start = performance.now();
    await training.warmUp(microBatches);
    times.push(performance.now() - start);
  } while (times.length < most && performance.now() - begun < enough);
  return Math.min(...times);
}

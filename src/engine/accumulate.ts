// The micro-batches of a training step, added up: the one definition for every engine. Each micro-batch gives its share of the
// step's loss, metrics and gradient (model/steps, PartOfBatch), so nothing is averaged here. Knows no engine.
import { GptError } from '../errors.js';
import { checkFeeds } from './feeds.js';
import type { Feeds, StepFunction, StepResult } from './types.js';

/** `loss`, and the other outputs of the step; each must be one number. */
export type Outputs = Readonly<Record<string, ArrayLike<number>>>;

/**
 * Runs the micro-batches one after the other.
 * @param pass adds the gradients of a micro-batch to those before it, which for the first one it discards
 * @returns the sums of the outputs, in float64
 */
export async function accumulate(
  step: StepFunction,
  microBatches: readonly Feeds[],
  pass: (feeds: Feeds, first: boolean) => Promise<Outputs>,
): Promise<Record<string, number>> {
  for (const feeds of microBatches) checkFeeds(step, feeds);
  const sums: Record<string, number> = {};
  for (const [i, feeds] of microBatches.entries()) {
    const outputs = await pass(feeds, i === 0);
    for (const [name, data] of Object.entries(outputs)) sums[name] = (sums[name] ?? 0) + single(step, name, data);
  }
  return sums;
}

/** @param gradNorm the global norm of the summed gradient */
export function resultOf({ loss, ...metrics }: Readonly<Record<string, number>>, gradNorm: number): StepResult {
  return { loss: loss!, gradNorm, updated: Number.isFinite(loss) && Number.isFinite(gradNorm), metrics };
}

/** The number of an output that must be one. */
export function single(step: StepFunction, name: string, data: ArrayLike<number>): number {
  if (data.length === 1) return data[0]!;
  throw new GptError('engine/output', `output ${name} of ${step.name} has ${data.length} numbers`, {
    hint: 'a training step gives scalars',
  });
}

// The loss of a language model over batches. Knows a compiled program, no model.
import type { Batch } from '../dataset/index.js';
import type { Program } from '../engine/types.js';

/** Sums over batches: nats and the number of targets that counted. */
export type Score = Readonly<Record<'lossSum' | 'count', number>>;

/**
 * Adds up the losses of all batches. Stops early, with null, when the signal says so.
 * @param program has outputs `lossSum` and `count` (model/steps, evaluationStep)
 */
export async function score(program: Program, batches: Iterable<Batch>, signal?: AbortSignal): Promise<Score | null> {
  let lossSum = 0;
  let count = 0;
  for (const { ids, targets } of batches) {
    if (signal?.aborted) return null;
    const result = await program.run({ ids, targets });
    lossSum += result['lossSum']![0]!;
    count += result['count']![0]!;
    await new Promise((resolve) => setImmediate(resolve)); // lets Ctrl-C in
  }
  return { lossSum, count };
}

// One AdamW step over a FlatMemory: global norm, clipping, update. Knows nothing of where gradients come from.
import { clipScale, coefficients, scaled } from './adamw.js';
import type { FlatMemory } from './memory.js';
import type { AdamWOptions, Update } from './types.js';

/** Adds the gradients in `scratch` to those in `gradient`. */
export function addScratch(memory: FlatMemory): void {
  for (const { kernels, length, pointer } of memory.spans)
    kernels.accumulate(pointer('gradient'), pointer('scratch'), length, 1);
}

/** The global norm of `gradient`, in float64. */
export function gradientNorm(memory: FlatMemory): number {
  let sum = 0;
  for (const { kernels, length, pointer } of memory.spans) sum += kernels.squaredNorm(pointer('gradient'), length);
  return Math.sqrt(sum);
}

/**
 * Updates parameters and moments.
 * @param norm the global norm of `gradient`
 */
export function updateAll(memory: FlatMemory, options: AdamWOptions, update: Update, norm: number): void {
  const scale = clipScale(norm, options.gradClip);
  for (const { kernels, length, pointer, decay, learningRateScale } of memory.spans)
    kernels.adamw(
      pointer('parameter'),
      pointer('gradient'),
      pointer('firstMoment'),
      pointer('secondMoment'),
      length,
      coefficients(options, scaled(update, learningRateScale), decay, scale),
    );
}

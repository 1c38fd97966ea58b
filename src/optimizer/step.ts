// One optimizer step over a FlatMemory: global norm, clipping, updates. Knows neither where gradients come from nor which
// optimizer it runs.
import { clipScale } from './clip.js';
import type { FlatMemory, Span } from './memory.js';
import type { OptimizerOptions, Update } from './types.js';
import { constantsOf, scalarsOf } from './update.js';

/** What one span is updated with. */
export interface SpanUpdate {
  readonly gradientScale: number;
  /** As float32 numbers. */
  readonly scalars: Readonly<Record<string, number>>;
}

/** Updates the arrays of a span in place. */
export type SpanUpdater = (span: Span, update: SpanUpdate) => void | Promise<void>;

/** Adds the gradients in `scratch` to those in `gradient`. */
export function addScratch(memory: FlatMemory): void {
  for (const { kernels, length, pointer } of memory.spans)
    kernels.run({ kernel: 'accumulate', pointers: [pointer('gradient'), pointer('scratch')], numbers: [1] }, length);
}

/** The global norm of `gradient`, in float64. */
export function gradientNorm(memory: FlatMemory): number {
  let sum = 0;
  for (const { kernels, length, pointer } of memory.spans)
    sum += kernels.run({ kernel: 'squaredNorm', pointers: [pointer('gradient')], numbers: [] }, length);
  return Math.sqrt(sum);
}

/**
 * Updates parameters and slots.
 * @param norm the global norm of `gradient`
 */
export async function updateAll(
  memory: FlatMemory,
  options: OptimizerOptions,
  update: Update,
  norm: number,
  updater: SpanUpdater,
): Promise<void> {
  const gradientScale = Math.fround(clipScale(norm, options.gradClip));
  for (const span of memory.spans)
    await updater(span, { gradientScale, scalars: scalarsOf(span.rule, options, update, span.arrays[0]!) });
}

/** Updates by the rule's kernel, in one pass over memory; `otherwise` takes the rules that have none. */
export function kernelUpdater(options: OptimizerOptions, otherwise: SpanUpdater): SpanUpdater {
  return (span, update) => {
    const { rule, arrays, kernels, length, pointer } = span;
    if (!rule.kernel) return otherwise(span, update);
    const constants = constantsOf(rule, options, arrays[0]!);
    kernels.run(rule.kernel({ pointer, constants, ...update }), length);
  };
}

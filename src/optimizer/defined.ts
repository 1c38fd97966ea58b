// An update run as its rule defines it, one tfjs operation at a time on the active backend: the oracle of kernels and of
// compiled updates.
import * as tf from '../tf.js';
import type { FlatMemory } from './memory.js';
import type { SpanUpdater } from './step.js';
import type { OptimizerOptions } from './types.js';
import { applyRule, constantsOf } from './update.js';

export function definedUpdater(memory: FlatMemory, options: OptimizerOptions): SpanUpdater {
  return ({ rule, arrays }, { gradientScale, scalars }) => {
    for (const array of arrays)
      tf.tidy(() => {
        const { name, shape } = array;
        const of = (part: string, own: readonly number[]) => tf.tensor(memory.view(part, name), [...own]);
        const slots = rule.slots(array).map((slot) => [slot.name, of(slot.name, slot.shape)] as const);
        const updated = applyRule(rule, constantsOf(rule, options, array), {
          parameter: of('parameter', shape),
          gradient: of('gradient', shape),
          gradientScale: tf.scalar(gradientScale),
          slots: Object.fromEntries(slots),
          scalars: Object.fromEntries(Object.entries(scalars).map(([key, value]) => [key, tf.scalar(value)])),
        });
        // All are copied before the first is written: on the CPU a tensor may be the memory itself.
        const results = Object.entries({ parameter: updated.parameter, ...updated.slots });
        const numbers = results.map(([part, tensor]) => [part, tensor.dataSync().slice()] as const);
        for (const [part, data] of numbers) memory.view(part, name).set(data);
      });
  };
}

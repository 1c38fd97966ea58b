// An optimizer's update run as it is defined, one tfjs operation at a time: the oracle of kernels and compiled updates.
import { applyRule, constantsOf, type OptimizerOptions, type SpanUpdater } from '../../optimizer/index.js';
import * as tf from '../../tf.js';
import type { HostState } from '../host-state.js';

/** On the active tfjs backend. */
export function definedUpdater(state: HostState, options: OptimizerOptions): SpanUpdater {
  return ({ rule, arrays }, { gradientScale, scalars }) => {
    for (const array of arrays)
      tf.tidy(() => {
        const { name, shape } = array;
        const of = (part: string, own: readonly number[]) => tf.tensor(state.view(part, name), [...own]);
        const slots = rule.slots(array).map((slot) => [slot.name, of(slot.name, slot.shape)] as const);
        const updated = applyRule(rule, constantsOf(rule, options, array), {
          parameter: of('parameter', shape),
          gradient: of('gradient', shape),
          gradientScale: tf.scalar(gradientScale),
          slots: Object.fromEntries(slots),
          scalars: Object.fromEntries(Object.entries(scalars).map(([key, value]) => [key, tf.scalar(value)])),
        });
        // All are computed before the first is written: on the CPU a tensor is the state's own memory.
        const results = Object.entries({ parameter: updated.parameter, ...updated.slots });
        for (const [part, data] of results.map(([part, tensor]) => [part, tensor.dataSync()] as const))
          state.view(part, name).set(data);
      });
  };
}

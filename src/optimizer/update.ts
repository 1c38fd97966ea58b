// One array's update as an operation: tfjs code that runs, or that a trace records whole under the rule's name, so that
// an engine may have a kernel for it and inlines the definition otherwise.
import * as tf from '../tf.js';
import { composite } from '../trace/composite.js';
import type { OptimizedArray, OptimizerOptions, Update, UpdateRule } from './types.js';

type Numbers = Readonly<Record<string, number>>;

export interface UpdateTensors {
  readonly parameter: tf.Tensor;
  readonly gradient: tf.Tensor;
  /** []: what the gradient is multiplied with first: clipping. */
  readonly gradientScale: tf.Tensor;
  readonly slots: Readonly<Record<string, tf.Tensor>>;
  readonly scalars: Readonly<Record<string, tf.Tensor>>;
}

export type Updated = Pick<UpdateTensors, 'parameter' | 'slots'>;

/** New tensors for the parameter and its slots. @param constants of the rule, as `constantsOf` gives them */
export function applyRule(rule: UpdateRule, constants: Numbers, tensors: UpdateTensors): Updated {
  const { parameter, gradient, gradientScale, slots, scalars } = tensors;
  const [slotNames, scalarNames] = [Object.keys(slots), Object.keys(scalars)];
  const inputs = [parameter, gradient, gradientScale, ...Object.values(slots), ...Object.values(scalars)];
  const attributes = { ...constants, slots: slotNames.join(), scalars: scalarNames.join() };
  const outputs = composite(rule.op, inputs, attributes, (own, slope, scale, ...more) => {
    const updated = rule.update(tf, {
      parameter: own!,
      gradient: tf.mul(slope!, scale!),
      slots: named(slotNames, more),
      scalars: named(scalarNames, more.slice(slotNames.length)),
      constants,
    });
    return [updated.parameter, ...slotNames.map((name) => updated.slots[name]!)];
  });
  return { parameter: outputs[0]!, slots: named(slotNames, outputs.slice(1)) };
}

/** What a rule computes with in every step, as float32 numbers. */
export function constantsOf(rule: UpdateRule, options: OptimizerOptions, array: OptimizedArray): Numbers {
  return rounded(rule.constants(options, array));
}

/** What a rule computes with in this step, as float32 numbers; a scaled learning rate is taken into account. */
export function scalarsOf(
  rule: UpdateRule,
  options: OptimizerOptions,
  update: Update,
  { decay, learningRateScale = 1 }: Pick<OptimizedArray, 'decay' | 'learningRateScale'>,
): Numbers {
  const scaled = { ...update, learningRate: update.learningRate * learningRateScale };
  return rounded(rule.scalars(options, scaled, { decay }));
}

/** Of arrays that share their scalars. */
export function scalarGroup(rule: UpdateRule, { decay, learningRateScale = 1 }: Omit<OptimizedArray, 'name'>): string {
  return `${rule.op} ${decay} ${learningRateScale}`;
}

function rounded(numbers: Numbers): Numbers {
  return Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, Math.fround(value)]));
}

function named<T>(names: readonly string[], values: readonly T[]): Readonly<Record<string, T>> {
  return Object.fromEntries(names.map((name, i) => [name, values[i]!]));
}

// AdamW in elementary operations, for XLA, which makes one loop of each array that is written.
import type { Variable } from '../variable.js';
import type { Ref } from '../writer.js';
import type { UpdateWriter } from './types.js';

/**
 * The parameter is computed from the moments as they are put. Computed from the old ones, XLA would make each new moment
 * twice and, since the old ones are then read and written in an order of its own, copy all of them first.
 */
export const formulas: UpdateWriter = (writer, { ok, scale, inverseRoot, fixed }) => {
  const { tf } = writer;
  const op = (type: string, ...inputs: Ref[]) => tf.op(type, inputs);
  const mul = (a: Ref, b: Ref) => op('Mul', a, b);
  const add = (a: Ref, b: Ref) => op('AddV2', a, b);
  const put = (variable: Variable, then: Ref, old: Ref) => {
    const value = op('SelectV2', ok, then, old);
    writer.assign(variable, value);
    return value;
  };
  return ({ gradient, variables, stepSize, kept }) => {
    const { parameter, firstMoment, secondMoment } = variables;
    const [weights, first, second] = [parameter, firstMoment, secondMoment].map((each) => writer.read(each)) as [
      Ref,
      Ref,
      Ref,
    ];
    const scaled = mul(gradient, scale);
    const firstSum = add(mul(first, tf.scalar(fixed.beta1)), mul(scaled, tf.scalar(fixed.rest1)));
    const secondSum = add(mul(second, tf.scalar(fixed.beta2)), mul(mul(scaled, scaled), tf.scalar(fixed.rest2)));
    const newFirst = put(firstMoment, firstSum, first);
    const newSecond = put(secondMoment, secondSum, second);
    const root = add(mul(op('Sqrt', newSecond), inverseRoot), tf.scalar(fixed.epsilon));
    const decayed = kept ? mul(weights, kept) : weights;
    put(parameter, op('Sub', decayed, op('RealDiv', mul(newFirst, stepSize), root)), weights);
  };
};

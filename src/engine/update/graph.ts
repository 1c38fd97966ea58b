// An optimizer's step as graphs, for the engines that compile it: the update of arrays that share their scalars, the
// norm of their gradients, clipping. Knows no engine and no particular optimizer.
import {
  applyRule,
  clipScaleOf,
  constantsOf,
  type OptimizedArray,
  type OptimizerOptions,
  scalarsOf,
  squareSumOf,
  type UpdateRule,
} from '../../optimizer/index.js';
import * as tf from '../../tf.js';
import { type Graph, type TensorSpec, trace } from '../../trace/index.js';
import type { ArrayGroup } from './groups.js';

/** What the inputs and outputs of these graphs are called. */
export const port = {
  /** `parameter`, `gradient` or a slot of an array of the state. */
  array: (part: string, name: string) => `${part}:${name}`,
  /** A second gradient, to be added. */
  addend: (name: string) => `addend:${name}`,
  gradientScale: 'gradientScale',
  scalar: (name: string) => `scalar:${name}`,
} as const;

const scalar: TensorSpec = { shape: [], dtype: 'float32' };

/** The names of a group's scalars. */
export function scalarNames(rule: UpdateRule, options: OptimizerOptions, array: OptimizedArray): string[] {
  return Object.keys(scalarsOf(rule, options, { learningRate: 0, iteration: 1 }, array));
}

/**
 * New parameters and slots under the names of the old ones; further inputs are the scale of the gradient and the rule's
 * scalars. Each array's update is one composite.
 */
export function updateGraph({ rule, arrays }: ArrayGroup, options: OptimizerOptions): Graph {
  const names = arrays.length > 0 ? scalarNames(rule, options, arrays[0]!) : [];
  const inputs: Record<string, TensorSpec> = { [port.gradientScale]: scalar };
  for (const name of names) inputs[port.scalar(name)] = scalar;
  for (const array of arrays)
    for (const [part, shape] of partsOf(rule, array))
      inputs[port.array(part, array.name)] = { shape, dtype: 'float32' };
  return traced(`${rule.op} update`, inputs, (given) => {
    const scalars = Object.fromEntries(names.map((name) => [name, given[port.scalar(name)]!]));
    const outputs: Record<string, tf.Tensor> = {};
    for (const array of arrays) {
      const of = (part: string) => given[port.array(part, array.name)]!;
      const slots = Object.fromEntries(rule.slots(array).map(({ name }) => [name, of(name)]));
      const updated = applyRule(rule, constantsOf(rule, options, array), {
        parameter: of('parameter'),
        gradient: of('gradient'),
        gradientScale: given[port.gradientScale]!,
        slots,
        scalars,
      });
      outputs[port.array('parameter', array.name)] = updated.parameter;
      for (const [slot, tensor] of Object.entries(updated.slots)) outputs[port.array(slot, array.name)] = tensor;
    }
    return outputs;
  });
}

/** `gradient` + `addend` of each array, as `gradient`. */
export function sumGraph(arrays: readonly OptimizedArray[]): Graph {
  const inputs = arrays.flatMap(({ name, shape }) =>
    [port.array('gradient', name), port.addend(name)].map((input) => [input, { shape, dtype: 'float32' }] as const),
  );
  return traced('sum of gradients', Object.fromEntries(inputs), (given) => {
    const sums = arrays.map(({ name }) => {
      const gradient = port.array('gradient', name);
      return [gradient, tf.add(given[gradient]!, given[port.addend(name)]!)] as const;
    });
    return Object.fromEntries(sums);
  });
}

/** `squares`: the sum of the squares of all gradients. */
export function squaresGraph(arrays: readonly OptimizedArray[]): Graph {
  const inputs = arrays.map(({ name, shape }) => [port.array('gradient', name), { shape, dtype: 'float32' }] as const);
  return traced('squares of gradients', Object.fromEntries(inputs), (given) => ({
    squares: tf.addN(arrays.map(({ name }) => squareSumOf(tf, given[port.array('gradient', name)]!))),
  }));
}

/** `squares` -> `norm`, `gradientScale`, and `finite` of the norm and an input `loss`. */
export function clipGraph(gradClip: number): Graph {
  return traced('clipping', { squares: scalar, loss: scalar }, ({ squares, loss }) => {
    const norm = tf.sqrt(squares!);
    const finite = tf.logicalAnd(tf.isFinite(loss!), tf.isFinite(norm));
    return { norm, finite, [port.gradientScale]: clipScaleOf(tf, norm, gradClip) };
  });
}

/** Parameter, gradient and slots of an array with their shapes. */
function partsOf(rule: UpdateRule, array: OptimizedArray): [string, readonly number[]][] {
  return [
    ['parameter', array.shape],
    ['gradient', array.shape],
    ...rule.slots(array).map(({ name, shape }): [string, readonly number[]] => [name, shape]),
  ];
}

function traced(
  name: string,
  inputs: Record<string, TensorSpec>,
  run: (inputs: Record<string, tf.Tensor>) => Record<string, tf.Tensor>,
): Graph {
  return trace({ name, inputs, variables: new Map(), run });
}

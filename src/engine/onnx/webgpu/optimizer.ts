// AdamW with global-norm clipping as graphs, for a state that lives on a device: the formulas of optimizer/adamw.ts in
// tfjs operations, in three parts (sum up, measure, update), since the host decides between the last two.
import { type AdamWOptions, type Coefficients, coefficients, type Update } from '../../../optimizer/index.js';
import * as tf from '../../../tf.js';
import { type Graph, optimize, type TensorSpec, trace } from '../../../trace/index.js';
import type { ArraySpec } from '../../types.js';

/** What the inputs and outputs of these graphs are called, for an array of the state. */
export const port = {
  parameter: (name: string) => `parameter:${name}`,
  gradient: (name: string) => `gradient:${name}`,
  /** A second gradient, to be added. */
  addend: (name: string) => `addend:${name}`,
  firstMoment: (name: string) => `firstMoment:${name}`,
  secondMoment: (name: string) => `secondMoment:${name}`,
} as const;

type Part = keyof typeof port;
type Tensors = Record<string, tf.Tensor>;
type Arrays = readonly Pick<ArraySpec, 'name' | 'shape' | 'decay'>[];

const scalars = ['stepSize', 'inverseRoot', 'scale', 'decay'] as const satisfies readonly (keyof Coefficients)[];

/** `gradient` + `addend` of each array, as `gradient`. */
export function sumGraph(arrays: Arrays): Graph {
  return traced('sum of gradients', inputsOf(arrays, ['gradient', 'addend']), (inputs) =>
    forEach(arrays, ({ name }) => ({
      [port.gradient(name)]: tf.add(inputs[port.gradient(name)]!, inputs[port.addend(name)]!),
    })),
  );
}

/** `squares`: the sum of the squares of all gradients. Row by row first: many short sums run side by side. */
export function squaresGraph(arrays: Arrays): Graph {
  return traced('squares of gradients', inputsOf(arrays, ['gradient']), (inputs) => {
    const sums = arrays.map(({ name }) => {
      const rows = tf.sum(tf.square(inputs[port.gradient(name)]!), -1);
      return rows.rank > 0 ? tf.sum(rows) : rows;
    });
    return { squares: sums.reduce((total, sum) => tf.add(total, sum)) };
  });
}

/**
 * New parameters and moments under the names of the old ones. Further inputs are `coefficientFeeds`.
 * beta1, beta2 and epsilon are constants of the graph.
 */
export function updateGraph(arrays: Arrays, options: AdamWOptions): Graph {
  const fixed = coefficients(options, { learningRate: 0, iteration: 1 }, true, 1);
  const inputs = {
    ...inputsOf(arrays, ['parameter', 'gradient', 'firstMoment', 'secondMoment']),
    ...Object.fromEntries(scalars.map((name) => [name, { shape: [], dtype: 'float32' } as const])),
  };
  return traced('AdamW', inputs, (given) =>
    forEach(arrays, ({ name, decay }) => {
      const of = (part: Part) => given[port[part](name)]!;
      const gradient = tf.mul(of('gradient'), given['scale']!);
      const first = tf.add(tf.mul(of('firstMoment'), fixed.beta1), tf.mul(gradient, fixed.rest1));
      const second = tf.add(tf.mul(of('secondMoment'), fixed.beta2), tf.mul(tf.square(gradient), fixed.rest2));
      const root = tf.add(tf.mul(tf.sqrt(second), given['inverseRoot']!), fixed.epsilon);
      const kept = decay ? tf.mul(of('parameter'), given['decay']!) : of('parameter');
      return {
        [port.parameter(name)]: tf.sub(kept, tf.div(tf.mul(first, given['stepSize']!), root)),
        [port.firstMoment(name)]: first,
        [port.secondMoment(name)]: second,
      };
    }),
  );
}

/** The scalar inputs of `updateGraph` for one step. @param scale what gradients are multiplied with first */
export function coefficientFeeds(options: AdamWOptions, update: Update, scale: number): Record<string, Float32Array> {
  const all = coefficients(options, update, true, scale);
  return Object.fromEntries(scalars.map((name) => [name, Float32Array.of(all[name])]));
}

function inputsOf(arrays: Arrays, parts: readonly Part[]): Record<string, TensorSpec> {
  const entries = arrays.flatMap(({ name, shape }) =>
    parts.map((part) => [port[part](name), { shape, dtype: 'float32' } as const] as const),
  );
  return Object.fromEntries(entries);
}

function forEach(arrays: Arrays, make: (array: Arrays[number]) => Tensors): Tensors {
  return Object.assign({}, ...arrays.map(make));
}

function traced(name: string, inputs: Record<string, TensorSpec>, run: (inputs: Tensors) => Tensors): Graph {
  return optimize(trace({ name, inputs, variables: new Map(), run }));
}

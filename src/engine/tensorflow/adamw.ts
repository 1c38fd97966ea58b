// AdamW with clipping by the global norm inside a function, on resource variables: the formulas of optimizer/adamw.ts.
// Knows nothing of where gradients come from.
import { type AdamWOptions, coefficients, type Update } from '../../optimizer/index.js';
import type { Arrays, BoundWriter } from './bound.js';
import type { VariableState } from './state.js';
import type { GraphWriter, Ref } from './writer.js';

/** What changes from step to step, as inputs of the function; `go` 0 leaves the state as it is. */
const scalarNames = ['stepSize', 'inverseRoot', 'decay', 'batches', 'go'] as const;

/** Their numbers. @param batches how many micro-batches the gradients are sums over */
export function updateFeeds(options: AdamWOptions, update: Update, batches: number, go: boolean): Arrays {
  const { stepSize, inverseRoot, decay } = coefficients(options, update, true, 1);
  const numbers = { stepSize, inverseRoot, decay, batches, go: go ? 1 : 0 };
  return Object.fromEntries(scalarNames.map((name) => [portName(name), Float32Array.of(numbers[name])]));
}

/** Apart from the names of a step's own inputs. */
const portName = (name: string) => `update:${name}`;

export interface GradientSum {
  readonly name: string;
  readonly gradient: Ref;
}

/**
 * Writes the update of all arrays, which leaves them as they are where `loss` or the norm is not finite.
 * @returns the global norm of the mean gradient
 */
export function writeUpdate(
  writer: BoundWriter,
  state: VariableState,
  gradients: readonly GradientSum[],
  loss: Ref,
  options: AdamWOptions,
): Ref {
  const { tf } = writer;
  const fixed = coefficients(options, { learningRate: 0, iteration: 1 }, true, 1);
  const [stepSize, inverseRoot, kept, batches, go] = scalarNames.map((name) =>
    writer.input(portName(name), { shape: [], dtype: 'float32' }),
  ) as [Ref, Ref, Ref, Ref, Ref];
  const op = (type: string, ...inputs: Ref[]) => tf.op(type, inputs);
  const mul = (a: Ref, b: Ref) => op('Mul', a, b);
  const add = (a: Ref, b: Ref) => op('AddV2', a, b);

  const squares = gradients.map(({ name, gradient }) => squareSum(tf, gradient, state.specOf(name).shape));
  const norm = op('RealDiv', op('Sqrt', tf.op('AddN', [squares])), batches);
  const finite = op('LogicalAnd', op('IsFinite', loss), op('IsFinite', norm));
  const ok = op('LogicalAnd', finite, op('Greater', go, tf.scalar(0)));
  const clip = op('RealDiv', tf.scalar(options.gradClip), add(norm, tf.scalar(1e-6)));
  const clipped = options.gradClip > 0 ? op('Minimum', tf.scalar(1), clip) : tf.scalar(1);
  const scale = op('RealDiv', clipped, batches);

  for (const { name, gradient } of gradients) {
    const [parameter, first, second] = (['parameter', 'firstMoment', 'secondMoment'] as const).map((kind) => {
      const variable = state.variable(kind, name);
      return { variable, value: writer.read(variable) };
    }) as [Slot, Slot, Slot];
    const scaled = mul(gradient, scale);
    const nextFirst = add(mul(first.value, tf.scalar(fixed.beta1)), mul(scaled, tf.scalar(fixed.rest1)));
    const nextSecond = add(mul(second.value, tf.scalar(fixed.beta2)), mul(mul(scaled, scaled), tf.scalar(fixed.rest2)));
    const root = add(mul(op('Sqrt', nextSecond), inverseRoot), tf.scalar(fixed.epsilon));
    const old = state.specOf(name).decay ? mul(parameter.value, kept) : parameter.value;
    const next = op('Sub', old, op('RealDiv', mul(nextFirst, stepSize), root));
    const put = ({ variable, value }: Slot, then: Ref) => writer.assign(variable, op('SelectV2', ok, then, value));
    put(parameter, next);
    put(first, nextFirst);
    put(second, nextSecond);
  }
  return norm;
}

interface Slot {
  readonly variable: ReturnType<VariableState['variable']>;
  readonly value: Ref;
}

/** Row by row first: one long sum in float32 would lose what comes late. */
function squareSum(tf: GraphWriter, x: Ref, shape: readonly number[]): Ref {
  const square = tf.op('Square', [x]);
  if (shape.length === 0) return square;
  const rows = tf.op('Sum', [square, tf.ints([shape.length - 1])]);
  if (shape.length === 1) return rows;
  return tf.op('Sum', [rows, tf.ints(shape.slice(1).map((_, axis) => axis))]);
}

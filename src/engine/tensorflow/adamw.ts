// AdamW with clipping by the global norm inside a function, on resource variables: the formulas of optimizer/adamw.ts.
// Knows nothing of where gradients come from, nor how the update of one array is written (update/).
import { type AdamWOptions, coefficients, scaled, type Update } from '../../optimizer/index.js';
import type { Arrays, BoundWriter } from './bound.js';
import type { VariableState } from './state.js';
import { type ArrayUpdate, updates } from './update/index.js';
import type { GraphWriter, Ref } from './writer.js';

/** What changes from step to step, as inputs of the function; `go` 0 leaves the state as it is. */
const scalarNames = ['inverseRoot', 'go'] as const;

/** The same for each scale of the learning rate. */
const scaledNames = ['stepSize', 'decay'] as const;

/** Every scale of the learning rate that an array of the state has. */
function scalesOf(state: Pick<VariableState, 'specs'>): number[] {
  return [...new Set(state.specs.map(({ learningRateScale = 1 }) => learningRateScale))];
}

/** Their numbers. */
export function updateFeeds(
  options: AdamWOptions,
  update: Update,
  state: Pick<VariableState, 'specs'>,
  go: boolean,
): Arrays {
  const { inverseRoot } = coefficients(options, update, true, 1);
  const numbers = { inverseRoot, go: go ? 1 : 0 };
  const feeds = scalarNames.map((name) => [portName(name), Float32Array.of(numbers[name])] as const);
  const own = scalesOf(state).flatMap((scale) => {
    const all = coefficients(options, scaled(update, scale), true, 1);
    return scaledNames.map((name) => [portName(name, scale), Float32Array.of(all[name])] as const);
  });
  return Object.fromEntries([...feeds, ...own]);
}

/** Apart from the names of a step's own inputs. */
const portName = (name: string, scale = 1) => `update:${name}${scale === 1 ? '' : `:${scale}`}`;

export interface GradientSum {
  readonly name: string;
  readonly gradient: Ref;
}

/**
 * Writes the update of all arrays, which leaves them as they are where `loss` or the norm is not finite.
 * @returns the global norm of the gradients
 */
export function writeUpdate(
  writer: BoundWriter,
  state: VariableState,
  gradients: readonly GradientSum[],
  loss: Ref,
  options: AdamWOptions,
): Ref {
  const { tf } = writer;
  const input = (name: string, scale?: number) => writer.input(portName(name, scale), { shape: [], dtype: 'float32' });
  const [inverseRoot, go] = scalarNames.map((name) => input(name)) as [Ref, Ref];
  const rates = new Map(scalesOf(state).map((scale) => [scale, scaledNames.map((name) => input(name, scale))]));
  const op = (type: string, ...inputs: Ref[]) => tf.op(type, inputs);

  const squares = gradients.map(({ name, gradient }) => squareSum(tf, gradient, state.specOf(name).shape));
  const norm = op('Sqrt', tf.op('AddN', [squares]));
  const finite = op('LogicalAnd', op('IsFinite', loss), op('IsFinite', norm));
  const ok = op('LogicalAnd', finite, op('Greater', go, tf.scalar(0)));
  const clip = op('RealDiv', tf.scalar(options.gradClip), op('AddV2', norm, tf.scalar(1e-6)));
  const scale = options.gradClip > 0 ? op('Minimum', tf.scalar(1), clip) : tf.scalar(1);

  const fixed = coefficients(options, { learningRate: 0, iteration: 1 }, true, 1);
  const write = updates[tf.manner.mode](writer, { ok, scale, inverseRoot, fixed });
  for (const { name, gradient } of gradients) {
    const { decay = false, learningRateScale = 1 } = state.specOf(name);
    const [stepSize, kept] = rates.get(learningRateScale) as [Ref, Ref];
    const variables = {
      parameter: state.variable('parameter', name),
      firstMoment: state.variable('firstMoment', name),
      secondMoment: state.variable('secondMoment', name),
    } satisfies ArrayUpdate['variables'];
    write({ gradient, variables, stepSize, ...(decay && { kept }) });
  }
  return norm;
}

/** Row by row first: one long sum in float32 would lose what comes late. */
function squareSum(tf: GraphWriter, x: Ref, shape: readonly number[]): Ref {
  const square = tf.op('Square', [x]);
  if (shape.length === 0) return square;
  const rows = tf.op('Sum', [square, tf.ints([shape.length - 1])]);
  if (shape.length === 1) return rows;
  return tf.op('Sum', [rows, tf.ints(shape.slice(1).map((_, axis) => axis))]);
}

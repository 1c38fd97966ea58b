// The optimizer's step with clipping by the global norm inside a function, on resource variables. Knows neither where
// gradients come from nor how the update of one array is written.
import {
  constantsOf,
  type OptimizerOptions,
  scalarGroup,
  scalarsOf,
  type Update,
  type UpdateRule,
} from '../../../optimizer/index.js';
import type { Graph } from '../../../trace/index.js';
import type { ArraySpec } from '../../types.js';
import { clipGraph, port, scalarNames, squaresGraph } from '../../update/graph.js';
import type { Arrays, BoundWriter } from '../bound.js';
import { prepared } from '../graphs.js';
import { lowerInto } from '../lower.js';
import type { VariableState } from '../state.js';
import type { Ref } from '../writer.js';
import { updateWriter } from './index.js';

/** What changes from step to step comes in as inputs of the function; `go` 0 leaves the state as it is. */
const go = 'update:go';

/** Apart from the names of a step's own inputs. */
const portName = (rule: UpdateRule, array: ArraySpec, scalar: string) => `update:${scalarGroup(rule, array)}:${scalar}`;

/** The numbers of `writeUpdate`'s inputs. */
export function updateFeeds(options: OptimizerOptions, update: Update, state: VariableState, run: boolean): Arrays {
  const feeds: Record<string, Float32Array> = { [go]: Float32Array.of(run ? 1 : 0) };
  for (const { rule, arrays } of state.groups)
    for (const [name, value] of Object.entries(scalarsOf(rule, options, update, arrays[0]!)))
      feeds[portName(rule, arrays[0]!, name)] = Float32Array.of(value);
  return feeds;
}

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
  options: OptimizerOptions,
): Ref {
  const { tf } = writer;
  const scalars = new Map<string, Ref>();
  const input = (name: string) => {
    const ref = scalars.get(name) ?? writer.input(name, { shape: [], dtype: 'float32' });
    scalars.set(name, ref);
    return ref;
  };
  const lowered = (graph: Graph, given: ReadonlyMap<string, Ref>) =>
    lowerInto(tf, prepared(graph), (name) => given.get(name)!);

  const running = input(go);
  const specs = gradients.map(({ name }) => state.specOf(name));
  const slopes = gradients.map(({ name, gradient }) => [port.array('gradient', name), gradient] as const);
  const squares = lowered(squaresGraph(specs), new Map(slopes)).get('squares')!;
  const norms = { squares, loss };
  const clipped = lowered(clipGraph(options.gradClip), new Map(Object.entries(norms)));
  const ok = tf.op('LogicalAnd', [clipped.get('finite')!, tf.op('Greater', [running, tf.scalar(0)])]);

  const common = { ok, gradientScale: clipped.get(port.gradientScale)! };
  const writers = new Map<UpdateRule, ReturnType<ReturnType<typeof updateWriter>>>();
  for (const { name, gradient } of gradients) {
    const array = state.specOf(name);
    const rule = state.optimizer!.ruleFor(array);
    const write = writers.get(rule) ?? updateWriter(rule, tf.manner.mode, options)(writer, common);
    writers.set(rule, write);
    const names = scalarNames(rule, options, array);
    write({
      rule,
      array,
      gradient,
      variable: (slot) => state.variable(slot, name),
      scalars: new Map(names.map((scalar) => [scalar, input(portName(rule, array, scalar))])),
      constants: constantsOf(rule, options, array),
    });
  }
  return clipped.get('norm')!;
}

// What an optimizer's update costs, from its definition alone.
import { type Graph, inlineComposites, peakBytes, type Work, workOf } from '../../trace/index.js';
import type { ArraySpec, Optimizer, OptimizerOptions } from '../types.js';
import { updateGraph } from './graph.js';

export interface UpdateCost extends Work {
  /** Bytes that each compiled update takes beside what it is given and gives; none where a kernel works in place. */
  readonly peaks: readonly number[];
}

/** Of one step. A kernel reads gradient, parameter and slots and writes the last two; the norm reads the gradient once more. */
export function updateCost(specs: readonly ArraySpec[], optimizer: Optimizer, options: OptimizerOptions): UpdateCost {
  const graphs = new Map<string, Graph>();
  let [flops, bytes] = [0, 0];
  for (const array of specs.filter(({ trainable }) => trainable !== false)) {
    const rule = optimizer.ruleFor(array);
    const sizes = [array.shape, ...rule.slots(array).map(({ shape }) => shape)].map(bytesOfShape);
    const [size, passes] = [sizes[0]!, sizes.reduce((sum, each) => sum + 2 * each, 0)];
    if (rule.kernel) {
      bytes += passes + 2 * size;
      continue;
    }
    const key = JSON.stringify([rule.op, array.decay, array.shape, rule.slots(array)]);
    const made = () => inlineComposites(updateGraph({ rule, arrays: [{ ...array, name: '' }] }, options), () => false);
    const graph = graphs.get(key) ?? made();
    graphs.set(key, graph);
    const work = workOf(graph);
    flops += work.flops;
    bytes += work.bytes + size;
  }
  return { flops, bytes, peaks: [...graphs.values()].map(peakBytes) };
}

function bytesOfShape(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 4);
}

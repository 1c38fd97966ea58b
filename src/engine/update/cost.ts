// What an optimizer's update costs, from its definition alone.
import { type Graph, inlineComposites, peakBytes, type Work, workOf } from '../../trace/index.js';
import type { ArraySpec, Optimizer, OptimizerOptions } from '../types.js';
import { updateGraph } from './graph.js';
import { groupsOf } from './groups.js';
import { togetherIn } from './together.js';

export interface UpdateCost extends Work {
  /** Bytes that each compiled update takes beside what it is given and gives; none where a kernel works in place. */
  readonly peaks: readonly number[];
}

/** Of one step. A kernel reads gradient, parameter and slots and writes the last two; the norm reads the gradient once more. */
export function updateCost(specs: readonly ArraySpec[], optimizer: Optimizer, options: OptimizerOptions): UpdateCost {
  const graphs = new Map<string, Graph>();
  let [flops, bytes] = [0, 0];
  const trained = specs.filter(({ trainable }) => trainable !== false);
  for (const group of groupsOf(trained, optimizer)) {
    const { rule, arrays } = group;
    const sizes = arrays.map(({ shape }) => bytesOfShape(shape));
    bytes += sizes.reduce((sum, size) => sum + size, 0); // the norm
    if (rule.kernel) {
      for (const [i, array] of arrays.entries()) {
        const slots = rule.slots(array).map(({ shape }) => bytesOfShape(shape));
        bytes += 2 * sizes[i]! + slots.reduce((sum, size) => sum + 2 * size, 0) + sizes[i]!;
      }
      continue;
    }
    for (const { key, group: alike } of togetherIn(group, options)) {
      const graph = graphs.get(key) ?? inlineComposites(updateGraph(alike, options), () => false);
      graphs.set(key, graph);
      const work = workOf(graph);
      flops += work.flops;
      bytes += work.bytes;
    }
  }
  return { flops, bytes, peaks: [...graphs.values()].map((graph) => peakBytes(graph)) };
}

function bytesOfShape(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 4);
}

// Computes now what depends on constants alone, with tfjs' CPU kernels.
import { hostArray } from '../emitter.js';
import type { Graph, Value } from '../graph.js';
import { sizeOf } from '../graph.js';
import { onCpu, runNode, tensorOf } from '../interpret.js';
import { vocabulary } from '../vocabulary/index.js';
import { rewrite } from './rewrite.js';

/** Results with more numbers than this are left to be computed, unless their inputs are no smaller. */
const largest = 1 << 16;
/** A broadcast is cheaper left as it is. */
const largestBroadcast = 16;

export function foldConstants(graph: Graph): Graph {
  return rewrite(graph, {
    visit: (node, inputs, { builder }) => {
      if (!Object.hasOwn(vocabulary, node.op)) return undefined;
      const numbers = inputs.map((input) => builder.numbersOf(input));
      if (numbers.length === 0 || !numbers.every((data) => data !== undefined)) return undefined;
      const size = total(node.outputs);
      const limit = node.op === 'BroadcastTo' ? largestBroadcast : Math.max(largest, total(inputs));
      if (size > limit) return undefined;
      return onCpu(() => {
        const tensors = inputs.map((input, index) => tensorOf(numbers[index]!, input));
        const results = runNode(node, tensors);
        const outputs = results.map((result, index) => {
          const { shape, dtype } = node.outputs[index]!;
          return builder.constant(hostArray(result.dataSync(), dtype), shape, dtype);
        });
        for (const tensor of [...tensors, ...results]) tensor.dispose();
        return outputs;
      });
    },
  });
}

function total(values: readonly Value[]): number {
  return values.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
}

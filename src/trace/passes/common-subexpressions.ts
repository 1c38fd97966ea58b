// Computes once what a graph computes twice: equal operations on equal inputs, and equal constants. Every operation is
// a pure function, our primitives too (their randomness is a function of their inputs), and composites.
import type { Constant, Graph, HostArray, Node, Value } from '../graph.js';
import { rewrite } from './rewrite.js';

/** A constant with more numbers than this is equal only to those that hold the very same array. */
const largest = 4096;

export function shareCommonSubexpressions(graph: Graph): Graph {
  const seen = new Map<string, readonly Value[]>();
  return rewrite(withSharedConstants(graph), {
    visit: (node, inputs) => seen.get(keyOf(node, inputs)),
    kept: (node) => {
      seen.set(keyOf(node, node.inputs), node.outputs);
    },
  });
}

function withSharedConstants(graph: Graph): Graph {
  const seen = new Map<string | HostArray, Value>();
  const replaced = new Map<number, Value>();
  for (const constant of graph.constants) {
    const key = keyOfConstant(constant);
    const first = seen.get(key);
    if (first) replaced.set(constant.value.id, first);
    else seen.set(key, constant.value);
  }
  if (replaced.size === 0) return graph;
  const current = (value: Value) => replaced.get(value.id) ?? value;
  return {
    ...graph,
    constants: graph.constants.filter(({ value }) => !replaced.has(value.id)),
    nodes: graph.nodes.map((node) => ({ ...node, inputs: node.inputs.map(current) })),
    outputs: graph.outputs.map(({ name, value }) => ({ name, value: current(value) })),
  };
}

function keyOfConstant({ value, data }: Constant): string | HostArray {
  // Bodies of equal composites share their arrays, which have one shape each.
  if (data.length > largest) return data;
  // Bytes, not numbers: 0 and -0 differ, NaN equals itself.
  return `${value.dtype}[${value.shape}]${Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64')}`;
}

/** Equal for nodes that compute the same. A body says nothing more: it is a function of the operation and its attributes. */
function keyOf({ op, attributes, outputs }: Node, inputs: readonly Value[]): string {
  const sorted = Object.entries(attributes).sort(([a], [b]) => (a < b ? -1 : 1));
  const specs = outputs.map(({ dtype, shape }) => `${dtype}[${shape}]`);
  return JSON.stringify([op, inputs.map(({ id }) => id), sorted, specs]);
}

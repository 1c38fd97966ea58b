// A composite whose gradient computes its outputs as well is left to the gradient. A gradient says so by the attribute `also`, the
// composite's operation; its inputs are then the gradient of the composite's output and the composite's inputs, and its last
// outputs are the composite's.
import type { Graph, Node, Value } from '../graph.js';

export function forwardFromGradient(graph: Graph): Graph {
  return graph.nodes.reduce(
    (current, node) => (node.attributes['also'] ? joined(current, node.outputs[0]!) : current),
    graph,
  );
}

/** @param output of the gradient */
function joined(graph: Graph, output: Value): Graph {
  const { nodes, outputs } = graph;
  const at = nodes.findIndex((node) => node.outputs[0] === output);
  const gradient = nodes[at]!;
  const forward = nodes.find(
    ({ op, inputs }) => op === gradient.attributes['also'] && sameValues(inputs, gradient.inputs.slice(1)),
  );
  if (!forward) return graph;

  const given = gradient.outputs.slice(-forward.outputs.length);
  const instead = new Map(forward.outputs.map(({ id }, i) => [id, given[i]!]));
  const replaced = (value: Value) => instead.get(value.id) ?? value;
  const redirected = nodes
    .filter((node) => node !== forward)
    .map((node) =>
      node.inputs.some(({ id }) => instead.has(id)) ? { ...node, inputs: node.inputs.map(replaced) } : node,
    );

  const waiting = new Set(given.map(({ id }) => id));
  const [earlier, later]: [Node[], Node[]] = [[], []];
  for (const node of redirected) {
    if (node.outputs[0] === output) {
      if (node.inputs.some(({ id }) => waiting.has(id))) return graph; // the gradient depends on the outputs themselves
      waiting.clear();
      earlier.push(node, ...later.splice(0));
    } else if (node.inputs.some(({ id }) => waiting.has(id))) {
      for (const { id } of node.outputs) waiting.add(id);
      later.push(node);
    } else earlier.push(node);
  }
  return { ...graph, nodes: earlier, outputs: outputs.map(({ name, value }) => ({ name, value: replaced(value) })) };
}

const sameValues = (a: readonly Value[], b: readonly Value[]) =>
  a.length === b.length && a.every((v, i) => v.id === b[i]!.id);

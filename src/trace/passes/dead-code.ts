// Drops nodes and constants that no output needs. Inputs stay: they are the graph's signature.
import type { Graph, Node } from '../graph.js';

export function removeDeadCode(graph: Graph): Graph {
  const live = new Set(graph.outputs.map(({ value }) => value.id));
  const kept: Node[] = [];
  for (const node of [...graph.nodes].reverse()) {
    if (!node.outputs.some(({ id }) => live.has(id))) continue;
    for (const { id } of node.inputs) live.add(id);
    kept.push(node);
  }
  const nodes = kept.reverse();
  const constants = graph.constants.filter(({ value }) => live.has(value.id));
  const same = constants.length === graph.constants.length && nodes.length === graph.nodes.length;
  return same ? graph : { ...graph, nodes, constants };
}

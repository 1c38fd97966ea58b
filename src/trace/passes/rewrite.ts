// The rewriter of the passes: walks a graph in order and builds a new one, node by node. Bodies stay as they are: an engine
// either has them inlined first, or does not look at them.
import { GraphBuilder } from '../builder.js';
import { Emitter } from '../emitter.js';
import type { Graph, Node, Value } from '../graph.js';

export interface GraphRewriter {
  readonly builder: GraphBuilder;
  readonly to: Emitter;
  /** How often a value of the old graph is used, as an input or an output. */
  readonly usesOf: (value: Value) => number;
}

export interface Visitor {
  /**
   * What becomes of a node: its outputs' replacements in the new graph, or undefined to keep it.
   * @param inputs the node's inputs in the new graph
   */
  visit(node: Node, inputs: readonly Value[], rewriter: GraphRewriter): readonly Value[] | undefined;
  /** Told of every node that was kept, as it is in the new graph. */
  kept?(node: Node): void;
}

/**
 * Gives the graph with each node visited; the same object when no visit changed anything. Replaced nodes may stay
 * behind unused: `removeDeadCode` sweeps.
 * @param how a visitor, or what makes one for this graph
 */
export function rewrite(graph: Graph, how: Visitor | (() => Visitor)): Graph {
  const visitor = typeof how === 'function' ? how() : how;
  const builder = new GraphBuilder(graph.name);
  const rewriter: GraphRewriter = { builder, to: new Emitter(builder), usesOf: countUses(graph) };
  const rewritten = new Map<number, Value>();
  let changed = false;

  for (const { name, value } of graph.inputs) rewritten.set(value.id, builder.input(name, value));
  for (const { value, data } of graph.constants)
    rewritten.set(value.id, builder.constant(data, value.shape, value.dtype));
  for (const node of graph.nodes) {
    const inputs = node.inputs.map(({ id }) => rewritten.get(id)!);
    let outputs = visitor.visit(node, inputs, rewriter);
    if (outputs) changed = true;
    else {
      outputs = builder.add(node.op, inputs, node.attributes, node.outputs, node.body);
      visitor.kept?.(builder.producerOf(outputs[0]!)!);
    }
    node.outputs.forEach(({ id }, index) => {
      rewritten.set(id, outputs[index]!);
    });
  }
  for (const { name, value } of graph.outputs) builder.output(name, rewritten.get(value.id)!);
  return changed ? builder.build() : graph;
}

function countUses(graph: Graph): (value: Value) => number {
  const uses = new Map<number, number>();
  const count = ({ id }: Value) => uses.set(id, (uses.get(id) ?? 0) + 1);
  for (const { inputs } of graph.nodes) inputs.forEach(count);
  for (const { value } of graph.outputs) count(value);
  return ({ id }) => uses.get(id) ?? 0;
}

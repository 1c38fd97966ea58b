// Replaces composites by their plain definitions, except those that an engine lowers itself.
import type { Graph, Node, Value } from '../graph.js';
import { type GraphRewriter, rewrite } from './rewrite.js';

/** @param keep whether a composite, by the name of its operation, stays whole */
export function inlineComposites(graph: Graph, keep: (op: string) => boolean): Graph {
  return rewrite(graph, {
    visit: (node, inputs, rewriter) =>
      node.body && !keep(node.op) ? inline(node.body, inputs, rewriter, keep) : undefined,
  });
}

function inline(
  body: Graph,
  inputs: readonly Value[],
  rewriter: GraphRewriter,
  keep: (op: string) => boolean,
): Value[] {
  const { builder } = rewriter;
  const values = new Map<number, Value>();
  body.inputs.forEach(({ value }, index) => {
    values.set(value.id, inputs[index]!);
  });
  for (const { value, data } of body.constants) values.set(value.id, builder.constant(data, value.shape, value.dtype));
  const copy = (node: Node, from: readonly Value[]): readonly Value[] =>
    node.body && !keep(node.op)
      ? inline(node.body, from, rewriter, keep)
      : builder.add(node.op, from, node.attributes, node.outputs, node.body);
  for (const node of body.nodes) {
    const from = node.inputs.map(({ id }) => values.get(id)!);
    const outputs = copy(node, from);
    node.outputs.forEach(({ id }, index) => {
      values.set(id, outputs[index]!);
    });
  }
  return body.outputs.map(({ value }) => values.get(value.id)!);
}

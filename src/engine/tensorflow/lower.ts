// A graph of ours as operations of a TF_Graph. Knows the operations, not how a function is run.
import { GptError } from '../../errors.js';
import type { Constant, Graph, Value } from '../../trace/graph.js';
import { elementwise } from './lowerings/elementwise.js';
import { fences } from './lowerings/fence.js';
import { indexing } from './lowerings/indexing.js';
import type { Lowerings } from './lowerings/lowering.js';
import { products } from './lowerings/products.js';
import { random } from './lowerings/random.js';
import { reductions } from './lowerings/reductions.js';
import { shapes } from './lowerings/shapes.js';
import type { GraphWriter, Ref } from './writer.js';

/** Every operation that TensorFlow is given, by name. */
const lowerings: Lowerings = {
  ...elementwise,
  ...reductions,
  ...products,
  ...shapes,
  ...indexing,
  ...random,
  ...fences,
};

/**
 * Writes a graph whose composites have been inlined.
 * @param inputs what computes each of the graph's inputs, by name
 * @param computed may put something else in place of a value that a node computes, for the nodes that follow
 * @returns what computes each of its outputs, by name
 * @throws GptError `tensorflow/op` for an operation that has no lowering
 */
export function lowerInto(
  tf: GraphWriter,
  graph: Graph,
  inputs: (name: string) => Ref,
  computed: (value: Value, ref: Ref) => Ref = (_, ref) => ref,
): Map<string, Ref> {
  const refs = new Map<Value['id'], Ref>();
  for (const { name, value } of graph.inputs) refs.set(value.id, inputs(name));
  for (const constant of graph.constants) refs.set(constant.value.id, lowerConstant(tf, constant));
  for (const node of graph.nodes) {
    const lowering = Object.hasOwn(lowerings, node.op) ? lowerings[node.op] : undefined;
    if (!lowering) throw new GptError('tensorflow/op', `the tensorflow engine cannot compute ${node.op}`);
    const given = node.inputs.map(({ id }) => refs.get(id)!);
    const results = lowering(tf, given, node);
    node.outputs.forEach((value, i) => {
      refs.set(value.id, computed(value, results[i]!));
    });
  }
  return new Map(graph.outputs.map(({ name, value }) => [name, refs.get(value.id)!]));
}

function lowerConstant(tf: GraphWriter, { value, data }: Constant): Ref {
  return tf.constant(data, value.dtype, value.shape);
}

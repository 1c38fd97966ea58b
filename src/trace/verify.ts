// Checks that a graph is well formed, whoever made it. What each operation means is the vocabulary's business: pass
// `infer` to check shapes as well.
import { GptError } from '../errors.js';
import type { Graph, HostArray, Node, TensorSpec, Value } from './graph.js';
import { sizeOf } from './graph.js';

/** Gives the outputs that an operation must have, or undefined where there is no rule. */
export type Infer = (node: Node) => readonly TensorSpec[] | undefined;

/**
 * Throws `trace/graph` naming the first node that is wrong: each value is produced once and before its use, keeps its
 * shape and dtype wherever it is mentioned, sizes are whole numbers, constants hold their size and type, names are not
 * taken twice, a body has its node's inputs and outputs; with `infer`, outputs are what the rules say.
 */
export function verify(graph: Graph, infer?: Infer): void {
  const known = new Map<number, Value>();
  const produce = (value: Value, where: string) => {
    if (known.has(value.id)) fail(graph, where, `value %${value.id} is produced twice`);
    if (value.shape.some((size) => !Number.isInteger(size) || size < 0))
      fail(graph, where, `value %${value.id} has shape [${value.shape}]`);
    known.set(value.id, value);
  };
  const use = (value: Value, where: string) => {
    const producer = known.get(value.id);
    if (!producer) fail(graph, where, `value %${value.id} is used before it is produced`);
    else if (!sameSpec(producer, value))
      fail(graph, where, `value %${value.id} is ${show(value)} here and ${show(producer)} where it was produced`);
  };

  for (const { name, value } of graph.inputs) produce(value, `input ${name}`);
  for (const { value, data } of graph.constants) {
    const where = `constant %${value.id}`;
    produce(value, where);
    if (data.length !== sizeOf(value.shape)) fail(graph, where, `${data.length} numbers for ${show(value)}`);
    if (arrayKind(data) !== value.dtype) fail(graph, where, `${arrayKind(data)} numbers for ${show(value)}`);
  }
  graph.nodes.forEach((node, index) => {
    const where = `node ${index} (${node.op})`;
    for (const value of node.inputs) use(value, where);
    for (const value of node.outputs) produce(value, where);
    if (node.body) checkBody(graph, node, where, infer);
    const expected = infer?.(node);
    if (expected && !sameSpecs(expected, node.outputs))
      fail(graph, where, `its outputs are ${node.outputs.map(show)} and should be ${expected.map(show)}`);
  });
  for (const { name, value } of graph.outputs) use(value, `output ${name}`);
  checkNames(graph);
}

function checkBody(graph: Graph, node: Node, where: string, infer: Infer | undefined): void {
  const body = node.body!;
  const specs = (ports: Graph['inputs']) => ports.map((port) => port.value);
  if (!sameSpecs(specs(body.inputs), node.inputs)) fail(graph, where, "its body's inputs differ from its own");
  if (!sameSpecs(specs(body.outputs), node.outputs)) fail(graph, where, "its body's outputs differ from its own");
  verify(body, infer);
}

function checkNames(graph: Graph): void {
  for (const ports of [graph.inputs, graph.outputs]) {
    const names = ports.map((port) => port.name);
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    if (twice !== undefined) fail(graph, twice, 'the name is taken twice');
  }
}

function arrayKind(data: HostArray): TensorSpec['dtype'] {
  return data instanceof Float32Array ? 'float32' : data instanceof Int32Array ? 'int32' : 'bool';
}

function sameSpecs(a: readonly TensorSpec[], b: readonly TensorSpec[]): boolean {
  return a.length === b.length && a.every((spec, index) => sameSpec(spec, b[index]!));
}

function sameSpec(a: TensorSpec, b: TensorSpec): boolean {
  return a.dtype === b.dtype && a.shape.length === b.shape.length && a.shape.every((size, i) => size === b.shape[i]);
}

function show({ shape, dtype }: TensorSpec): string {
  return `${dtype}[${shape}]`;
}

function fail(graph: Graph, where: string, what: string): never {
  throw new GptError('trace/graph', `graph ${graph.name}, ${where}: ${what}`);
}

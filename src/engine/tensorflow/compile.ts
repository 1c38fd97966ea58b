// A graph of ours as a function of its inputs; those that are variables stay with TensorFlow.
import type { Graph } from '../../trace/graph.js';
import { type BoundFunction, BoundWriter } from './bound.js';
import { lowerInto } from './lower.js';
import type { Context } from './native/index.js';
import type { Variable } from './variable.js';
import type { Manner } from './writer.js';

export interface CompileOptions {
  readonly manner: Manner;
  /** The variable that an input is, if it is one. */
  /** Where it runs; default: where TensorFlow places it. */
  readonly device?: string | undefined;
  readonly variable?: (input: string) => Variable | undefined;
}

/** @param graph prepared: without composites */
export function compileGraph(
  context: Context,
  graph: Graph,
  { manner, device, variable = () => undefined }: CompileOptions,
): BoundFunction {
  const writer = new BoundWriter(context, graph.name, manner, device);
  const outputs = writeGraph(writer, graph, variable);
  for (const { name, value } of graph.outputs) writer.output(name, value, outputs.get(name)!);
  return writer.finish();
}

/** Writes a graph; what computes its outputs, by name. */
export function writeGraph(
  writer: BoundWriter,
  graph: Graph,
  variable: (input: string) => Variable | undefined,
): ReturnType<typeof lowerInto> {
  const specs = new Map(graph.inputs.map(({ name, value }) => [name, value]));
  return lowerInto(writer.tf, graph, (name) => {
    const held = variable(name);
    return held ? writer.read(held) : writer.input(name, specs.get(name)!);
  });
}

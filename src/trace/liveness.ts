// What a graph costs before it runs: how many bytes its values take at once, and how much arithmetic there is. Knows
// sizes and uses, no engine; an engine that fuses nodes or lays values out badly needs less or more.
import { type Graph, type Node, sizeOf, type Value } from './graph.js';

const bytesPer = { float32: 4, int32: 4, bool: 1 } as const;

/** Operations that give their input another shape: the same memory. */
const views: ReadonlySet<string> = new Set(['Reshape', 'Identity']);

/** The operations whose inputs and outputs must be different memory; all others may overwrite an input of the same size. */
const apart: ReadonlySet<string> = new Set(['BatchMatMul', 'Einsum', 'Transpose', 'Concat', 'Reverse', 'Cumsum']);

/** Bytes of a tensor. */
export function bytesOf({ shape, dtype }: Pick<Value, 'shape' | 'dtype'>): number {
  return sizeOf(shape) * bytesPer[dtype];
}

/**
 * The most bytes that the values inside a graph take at once. Nodes run as a compiler orders them that goes from the
 * outputs, one after the other, to what they need; a value lives from its node to its last use. Not counted: inputs,
 * constants and outputs, which belong to the caller. A composite takes what its body takes.
 */
export function peakBytes(graph: Graph): number {
  const nodes = demandOrder(graph);
  const roots = new Map<Value, Value>();
  const root = (value: Value): Value => roots.get(value) ?? value;
  for (const { op, inputs, outputs } of nodes) if (views.has(op)) roots.set(outputs[0]!, root(inputs[0]!));

  const foreign = new Set<Value>();
  for (const { value } of [...graph.inputs, ...graph.constants, ...graph.outputs]) foreign.add(root(value));
  const lastUse = new Map<Value, number>();
  for (const [at, { inputs }] of nodes.entries()) for (const value of inputs) lastUse.set(root(value), at);

  let live = 0;
  let most = 0;
  for (const [at, node] of nodes.entries()) {
    if (views.has(node.op)) {
      free(node.inputs, at);
      continue;
    }
    const made = node.outputs.filter((value) => !foreign.has(root(value))).map(bytesOf);
    const inside = node.body ? peakBytes(node.body) : 0;
    const reused = mayOverwrite(node) ? Math.max(0, ...made.filter((bytes) => endsHere(node.inputs, at, bytes))) : 0;
    live += made.reduce((sum, bytes) => sum + bytes, 0);
    most = Math.max(most, live + inside - reused);
    free(node.inputs, at);
    free(node.outputs, at);
  }
  return most;

  /** Whether one of the inner values that nobody uses after this node is of this size. */
  function endsHere(values: readonly Value[], at: number, bytes: number): boolean {
    return values.map(root).some((v) => !foreign.has(v) && lastUse.get(v) === at && bytesOf(v) === bytes);
  }

  function free(values: readonly Value[], at: number): void {
    for (const value of new Set(values.map(root)))
      if (!foreign.has(value) && (lastUse.get(value) ?? at) === at) live -= bytesOf(value);
  }
}

/**
 * Bytes in float32 of the largest of some inputs that a node reads whole: what an engine that keeps them packed unpacks next to the
 * graph's values. Rows of a table are unpacked alone.
 */
export function largestUnpacked({ inputs, nodes }: Graph, packed: ReadonlySet<string>): number {
  const whole = new Set(nodes.filter(({ op }) => op !== 'Embedding').flatMap((node) => node.inputs));
  return Math.max(
    0,
    ...inputs.filter(({ name, value }) => packed.has(name) && whole.has(value)).map(({ value }) => bytesOf(value)),
  );
}

function mayOverwrite({ op, body }: Node): boolean {
  return body === undefined && !apart.has(op);
}

/** The nodes as the outputs need them, without those that nothing needs. */
function demandOrder({ nodes, outputs }: Graph): Node[] {
  const producers = new Map<Value, number>();
  for (const [at, node] of nodes.entries()) for (const value of node.outputs) producers.set(value, at);
  const done = new Set<number>();
  const order: Node[] = [];
  const ends = outputs.map(({ value }) => producers.get(value)).filter((at) => at !== undefined);
  const stack = [...new Set(ends)].sort((a, b) => b - a);
  while (stack.length > 0) {
    const at = stack.at(-1)!;
    const needed = nodes[at]!.inputs.map((value) => producers.get(value)).filter(
      (i) => i !== undefined && !done.has(i),
    );
    if (done.has(at) || needed.length === 0) {
      stack.pop();
      if (!done.has(at)) order.push(nodes[at]!);
      done.add(at);
    } else stack.push(...(needed as number[]).sort((a, b) => a - b));
  }
  return order;
}

export interface Work {
  /** Multiplications and additions of matrix products. */
  readonly flops: number;
  /** Bytes that all other operations read and write. */
  readonly bytes: number;
}

export const addWork = (a: Work, b: Work): Work => ({ flops: a.flops + b.flops, bytes: a.bytes + b.bytes });

/** The arithmetic of a graph and its memory traffic, composites by their bodies. */
export function workOf({ nodes }: Graph): Work {
  let flops = 0;
  let bytes = 0;
  for (const { op, inputs, outputs, attributes, body } of nodes) {
    if (body) {
      const inner = workOf(body);
      flops += inner.flops;
      bytes += inner.bytes;
    } else if (op === 'BatchMatMul') {
      const { shape } = inputs[0]!;
      flops += 2 * sizeOf(outputs[0]!.shape) * shape.at(attributes['transposeA'] ? -2 : -1)!;
    } else if (!views.has(op)) for (const value of [...inputs, ...outputs]) bytes += bytesOf(value);
  }
  return { flops, bytes };
}

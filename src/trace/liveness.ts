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

/** What running a graph does to memory: takes a buffer, or gives one back. */
export interface MemoryEvent {
  readonly buffer: number;
  readonly bytes: number;
  readonly taken: boolean;
}

/** How an engine gives buffers to values. */
export interface Allocation {
  /** Operations whose output is their first input's memory. */
  readonly views: ReadonlySet<string>;
  /** Operations whose outputs may not be written over an input of the same size. */
  readonly apart: ReadonlySet<string>;
  /**
   * Whether the buffer of a value that is no longer needed is kept for the next value of the same shape, however far. Not
   * where the engine does not know the shape: behind a Fence, up to the next Reshape.
   */
  readonly keeps?: boolean;
  /** Composites that are one operation without inner values. */
  readonly whole?: ReadonlySet<string>;
}

/** Of a compiler that is not known closely. */
export const usualAllocation: Allocation = { views, apart };

/**
 * The most bytes that the values inside a graph take at once. Nodes run as a compiler orders them that goes from the
 * outputs, one after the other, to what they need; a value lives from its node to its last use. Not counted: inputs,
 * constants and outputs, which belong to the caller. A composite takes what its body takes.
 */
export function peakBytes(graph: Graph, allocation: Allocation = usualAllocation): number {
  let live = 0;
  let most = 0;
  for (const { bytes, taken } of memoryEvents(graph, allocation)) {
    live += taken ? bytes : -bytes;
    most = Math.max(most, live);
  }
  return most;
}

interface Buffer {
  readonly bytes: number;
  /** Indices of the node that it is taken for and of the last one that needs it. */
  readonly from: number;
  until: number;
}

/** One run, in the order of `peakBytes`. */
export function memoryEvents(graph: Graph, allocation: Allocation = usualAllocation): MemoryEvent[] {
  const { views, apart, keeps = false } = allocation;
  const nodes = demandOrder(graph);
  const roots = new Map<Value, Value>();
  const root = (value: Value): Value => roots.get(value) ?? value;
  for (const { op, inputs, outputs } of nodes) if (views.has(op)) roots.set(outputs[0]!, root(inputs[0]!));
  const foreign = new Set<Value>();
  for (const { value } of [...graph.inputs, ...graph.constants, ...graph.outputs]) foreign.add(root(value));
  const lastUse = new Map<Value, number>();
  for (const [at, { inputs }] of nodes.entries()) for (const value of inputs) lastUse.set(root(value), at);
  const unknown = keeps ? unknownShapes(nodes) : new Set<Value>();

  const buffers: Buffer[] = [];
  const bufferOf = new Map<Value, Buffer>();
  const idle = new Map<string, Buffer[]>();
  const shapeOf = ({ dtype, shape }: Value) => `${dtype} ${shape}`;

  for (const [at, node] of nodes.entries()) {
    const ends = (value: Value) => !foreign.has(value) && (lastUse.get(value) ?? at) === at;
    const read = [...new Set(node.inputs.map(root))].filter(ends);
    if (!views.has(node.op)) {
      const overwritten = new Set<Value>();
      for (const value of node.outputs) {
        if (foreign.has(root(value))) continue;
        const bytes = bytesOf(value);
        const input =
          mayOverwrite(node) && !unknown.has(value)
            ? read.find((v) => bufferOf.has(v) && !overwritten.has(v) && bytesOf(v) === bytes)
            : undefined;
        if (input) overwritten.add(input);
        const kept = keeps && !input && !unknown.has(value) ? idle.get(shapeOf(value))?.pop() : undefined;
        const buffer = input ? bufferOf.get(input)! : (kept ?? { bytes, from: at, until: at });
        if (!input && !kept) buffers.push(buffer);
        bufferOf.set(value, buffer);
      }
      for (const value of overwritten) bufferOf.delete(value);
    }
    for (const value of [...read, ...node.outputs.filter(ends)]) {
      const buffer = bufferOf.get(value);
      if (!buffer) continue;
      buffer.until = at;
      bufferOf.delete(value);
      if (keeps && !unknown.has(value)) idle.set(shapeOf(value), [...(idle.get(shapeOf(value)) ?? []), buffer]);
    }
  }
  return eventsOf(nodes, buffers, allocation);

  function mayOverwrite({ op, body }: Node): boolean {
    return body === undefined && !apart.has(op);
  }
}

function eventsOf(nodes: readonly Node[], buffers: readonly Buffer[], allocation: Allocation): MemoryEvent[] {
  const [begins, ends] = [nodes.map((): number[] => []), nodes.map((): number[] => [])];
  for (const [id, { from, until }] of buffers.entries()) {
    begins[from]!.push(id);
    ends[until]!.push(id);
  }
  let inner = buffers.length;
  return nodes.flatMap(({ op, body }, at): MemoryEvent[] => {
    const events = (ids: readonly number[], taken: boolean) =>
      ids.map((buffer) => ({ buffer, bytes: buffers[buffer]!.bytes, taken }));
    const within =
      body && !allocation.whole?.has(op)
        ? memoryEvents(body, allocation).map((event) => ({ ...event, buffer: inner + event.buffer }))
        : [];
    inner += within.length;
    return [...events(begins[at]!, true), ...within, ...events(ends[at]!, false)];
  });
}

/** Values whose shape an engine does not know when it plans: those behind a Fence, up to the next Reshape. */
function unknownShapes(nodes: readonly Node[]): Set<Value> {
  const unknown = new Set<Value>();
  for (const { op, inputs, outputs } of nodes)
    if (op === 'Fence' || (op !== 'Reshape' && inputs.some((value) => unknown.has(value))))
      for (const value of outputs) unknown.add(value);
  return unknown;
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

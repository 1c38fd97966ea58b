// What lowerings to any engine read of a node. Knows no engine.
import type { Node } from '../trace/graph.js';

export function numbers(node: Node, key: string): readonly number[] {
  return node.attributes[key] as readonly number[];
}

export function number(node: Node, key: string): number {
  return node.attributes[key] as number;
}

/** The counter of a Bernoulli's first element, its input `row` apart. Counters are taken modulo 2^32. */
export function firstCounter(node: Node): number {
  return ((node.attributes['first'] as number | undefined) ?? 0) >>> 0;
}

/**
 * The counter of the first element of each row (the last axis) of a Bernoulli that is a window of a larger tensor,
 * relative to its first element's; undefined for one whose counters follow each other.
 */
export function rowCounters(node: Node): number[] | undefined {
  const strides = node.attributes['strides'] as readonly number[] | undefined;
  if (!strides || strides.length === 0) return undefined;
  const lengths = node.outputs[0]!.shape.slice(0, -1);
  return lengths.reduce(
    (starts, length, axis) => starts.flatMap((start) => range(length).map((i) => start + i * strides[axis]!)),
    [0],
  );
}

/** [0, 1, ..., length - 1] */
export function range(length: number): number[] {
  return Array.from({ length }, (_, i) => i);
}

/** For each axis that a MirrorPad makes longer, which places of its input stand side by side in the output. */
export function mirroredPlaces(node: Node): { readonly axis: number; readonly places: readonly number[] }[] {
  const [before, after] = [numbers(node, 'before'), numbers(node, 'after')];
  const edge = node.attributes['mode'] === 'reflect' ? 0 : 1;
  const mirrored = (length: number, axis: number) =>
    range(before[axis]! + length + after[axis]!).map((i) => {
      const place = i - before[axis]!;
      if (place < 0) return -place - edge;
      return place < length ? place : 2 * length - 2 - place + edge;
    });
  return node.inputs[0]!.shape.map((length, axis) => ({ axis, places: mirrored(length, axis) })).filter(
    ({ axis }) => before[axis] !== 0 || after[axis] !== 0,
  );
}

// Gradients side by side in a few long arrays, so that a step has few collectives. The first array begins with the numbers
// that all workers want to know: losses and votes. Knows shapes, not where gradients come from.
import { sizeOf } from '../../../trace/graph.js';
import type { GraphWriter, Ref } from '../writer.js';

export interface Slot {
  readonly name: string;
  readonly shape: readonly number[];
  readonly bucket: number;
  readonly at: number;
}

export interface Layout {
  /** Numbers at the beginning of the first bucket. */
  readonly head: number;
  readonly slots: readonly Slot[];
  /** Numbers of each bucket. */
  readonly lengths: readonly number[];
}

/** Numbers of a bucket, unless one array has more: 128 MB. */
const usualMost = 2 ** 25;

/** Lays arrays out in their order. */
export function layoutOf(
  arrays: readonly { readonly name: string; readonly shape: readonly number[] }[],
  head: number,
  most = usualMost,
): Layout {
  const lengths = [head];
  const slots = arrays.map(({ name, shape }): Slot => {
    const size = sizeOf(shape);
    if (lengths.at(-1)! > 0 && lengths.at(-1)! + size > most) lengths.push(0);
    const bucket = lengths.length - 1;
    const at = lengths[bucket]!;
    lengths[bucket]! += size;
    return { name, shape, bucket, at };
  });
  return { head, slots, lengths };
}

/** Writes the buckets of arrays given by name, after the `head`, a vector. */
export function writeBuckets(
  tf: GraphWriter,
  { slots, lengths }: Layout,
  head: Ref,
  array: (name: string) => Ref,
): Ref[] {
  return lengths.map((_, bucket) => {
    const flat = slots
      .filter((slot) => slot.bucket === bucket)
      .map(({ name, shape }) => reshape(tf, array(name), [sizeOf(shape)]));
    return concat(tf, bucket === 0 ? [head, ...flat] : flat);
  });
}

/** The arrays in buckets, by name. */
export function readBuckets(tf: GraphWriter, { slots }: Layout, buckets: readonly Ref[]): Map<string, Ref> {
  return new Map(
    slots.map(({ name, shape, bucket, at }) => [
      name,
      reshape(tf, slice(tf, buckets[bucket]!, at, sizeOf(shape)), shape),
    ]),
  );
}

/** Numbers of a vector. */
export function slice(tf: GraphWriter, x: Ref, at: number, size: number): Ref {
  return tf.op('Slice', [x, tf.ints([at]), tf.ints([size])]);
}

function reshape(tf: GraphWriter, x: Ref, shape: readonly number[]): Ref {
  return tf.op('Reshape', [x, tf.ints(shape)]);
}

/** Vectors one after the other. */
export function concat(tf: GraphWriter, parts: readonly Ref[]): Ref {
  return parts.length === 1 ? parts[0]! : tf.op('ConcatV2', [[...parts], tf.scalar(0, 'int32')]);
}

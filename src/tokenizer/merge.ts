// Byte-pair merging of one word: the pair of lowest rank first, leftmost among equals, until no pair is known.
// Short words by repeated search, long ones with linked symbols and a heap, O(n log n). Knows only ids.
import type { PairIndex } from './pair-index.js';

export interface Merges {
  /** A pair's number is its rank. */
  readonly pairs: PairIndex;
  /** What the pair of each rank becomes. */
  readonly merged: Int32Array;
}

const SHORT = 48;
const none = 0x7fffffff;
const ranks = new Int32Array(SHORT + 1);

/** Merges `ids[0..length)` in place and returns the new length. */
export function mergeWord(ids: Int32Array, length: number, merges: Merges): number {
  if (length < 2) return length;
  return length <= SHORT ? mergeShort(ids, length, merges) : mergeLong(ids, length, merges);
}

function rankOf(pairs: PairIndex, left: number, right: number): number {
  const rank = pairs.find(left, right);
  return rank < 0 ? none : rank;
}

function mergeShort(ids: Int32Array, count: number, { pairs, merged }: Merges): number {
  let length = count;
  for (let i = 0; i + 1 < length; i++) ranks[i] = rankOf(pairs, ids[i]!, ids[i + 1]!);
  for (;;) {
    let best = none;
    let at = -1;
    for (let i = 0; i + 1 < length; i++) {
      if (ranks[i]! < best) {
        best = ranks[i]!;
        at = i;
      }
    }
    if (at < 0) return length;
    ids[at] = merged[best]!;
    ids.copyWithin(at + 1, at + 2, length);
    ranks.copyWithin(at + 1, at + 2, length);
    length--;
    if (at > 0) ranks[at - 1] = rankOf(pairs, ids[at - 1]!, ids[at]!);
    if (at + 1 < length) ranks[at] = rankOf(pairs, ids[at]!, ids[at + 1]!);
  }
}

/** Keys in a heap order by rank, then by place: `rank * 2^32 + place`, exact in a double. */
const placeRange = 2 ** 32;

function mergeLong(ids: Int32Array, length: number, { pairs, merged }: Merges): number {
  const next = new Int32Array(length); // the place of the symbol that follows; length at the end
  const previous = new Int32Array(length);
  const heap = new NumberHeap(length);
  const offer = (place: number) => {
    const after = next[place]!;
    if (after >= length) return;
    const rank = pairs.find(ids[place]!, ids[after]!);
    if (rank >= 0) heap.push(rank * placeRange + place);
  };
  for (let i = 0; i < length; i++) {
    next[i] = i + 1;
    previous[i] = i - 1;
  }
  for (let i = 0; i + 1 < length; i++) offer(i);
  while (heap.size > 0) {
    const key = heap.pop();
    const place = key % placeRange;
    const rank = (key - place) / placeRange;
    const after = next[place]!;
    if (ids[place]! < 0 || after >= length || pairs.find(ids[place]!, ids[after]!) !== rank) continue; // out of date
    ids[place] = merged[rank]!;
    ids[after] = -1;
    const beyond = next[after]!;
    next[place] = beyond;
    if (beyond < length) previous[beyond] = place;
    if (previous[place]! >= 0) offer(previous[place]!);
    offer(place);
  }
  let count = 0;
  for (let i = 0; i < length; i = next[i]!) ids[count++] = ids[i]!;
  return count;
}

/** A binary heap of numbers, the least on top. */
class NumberHeap {
  size = 0;
  private keys: Float64Array;

  constructor(capacity: number) {
    this.keys = new Float64Array(capacity);
  }

  push(key: number): void {
    if (this.size === this.keys.length) {
      const longer = new Float64Array(this.size * 2);
      longer.set(this.keys);
      this.keys = longer;
    }
    const { keys } = this;
    let at = this.size++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (keys[parent]! <= key) break;
      keys[at] = keys[parent]!;
      at = parent;
    }
    keys[at] = key;
  }

  /** Takes the least; the heap must not be empty. */
  pop(): number {
    const { keys } = this;
    const top = keys[0]!;
    const key = keys[--this.size]!;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= this.size) break;
      if (child + 1 < this.size && keys[child + 1]! < keys[child]!) child++;
      if (keys[child]! >= key) break;
      keys[at] = keys[child]!;
      at = child;
    }
    keys[at] = key;
    return top;
  }
}

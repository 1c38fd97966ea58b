// Byte-pair encoding's training (Sennrich, Haddow, Birch 2016) over counted words: again and again the most frequent
// pair becomes a token. Ties, and the bookkeeping where two merges give the same string, follow the BpeTrainer of HF's
// tokenizers, so that the merges are the same. Knows no text, only symbols.
import { PairIndex } from './pair-index.js';

export interface CountedWords {
  /** The symbols of all words one after another; merged in place. */
  readonly symbols: Int32Array;
  /** Where each word begins; one more for the end. */
  readonly starts: Int32Array;
  readonly counts: Float64Array;
}

export interface Merge {
  readonly left: number;
  readonly right: number;
  readonly merged: number;
}

/** One candidate: a pair, its count when last looked at, and the words it appeared in. */
interface Candidate {
  count: number;
  readonly pair: number;
  readonly words: readonly number[];
}

export class MergeLearner {
  private readonly pairs = new PairIndex(1 << 14);
  private pairCounts = new Float64Array(1 << 14);
  private readonly lengths: Int32Array;
  private readonly heap: Candidate[] = [];
  /** Pairs that came up since candidates were last offered, with their words. */
  private readonly fresh = new Map<number, number[]>();

  constructor(private readonly words: CountedWords) {
    const { symbols, starts, counts } = words;
    this.lengths = new Int32Array(counts.length);
    for (let word = 0; word < counts.length; word++) {
      const end = starts[word + 1]!;
      this.lengths[word] = end - starts[word]!;
      for (let i = starts[word]! + 1; i < end; i++) this.change(symbols[i - 1]!, symbols[i]!, counts[word]!, word);
    }
    this.offerFresh();
  }

  /**
   * Takes the most frequent pair and merges it in all words; undefined when none is left.
   * @param nameOf gives the id of what the pair becomes: a new one, or that of the same string made otherwise
   */
  next(nameOf: (left: number, right: number) => number): Merge | undefined {
    for (;;) {
      const top = this.heap[0];
      if (!top) return undefined;
      const count = this.pairCounts[top.pair]!;
      if (top.count !== count) {
        top.count = count;
        this.sink(0);
        continue;
      }
      if (count < 1) return undefined;
      this.dropTop();
      const left = this.pairs.left[top.pair]!;
      const right = this.pairs.right[top.pair]!;
      const merged = nameOf(left, right);
      for (const word of top.words) this.mergeIn(word, left, right, merged);
      this.offerFresh();
      return { left, right, merged };
    }
  }

  private mergeIn(word: number, left: number, right: number, merged: number): void {
    const { symbols, starts, counts } = this.words;
    const start = starts[word]!;
    const end = start + this.lengths[word]!;
    const count = counts[word]!;
    let to = start;
    for (let from = start; from < end; from++) {
      if (symbols[from] !== left || from + 1 >= end || symbols[from + 1] !== right) {
        symbols[to++] = symbols[from]!;
        continue;
      }
      if (to > start) {
        this.change(symbols[to - 1]!, left, -count, word);
        this.change(symbols[to - 1]!, merged, count, word);
      }
      from++;
      symbols[to++] = merged;
      if (from + 1 < end) {
        this.change(right, symbols[from + 1]!, -count, word);
        this.change(merged, symbols[from + 1]!, count, word);
      }
    }
    this.lengths[word] = to - start;
  }

  private change(left: number, right: number, by: number, word: number): void {
    const pair = this.pairs.add(left, right);
    if (pair >= this.pairCounts.length) {
      const longer = new Float64Array(this.pairCounts.length * 2);
      longer.set(this.pairCounts);
      this.pairCounts = longer;
    }
    this.pairCounts[pair]! += by;
    if (by < 0) return;
    const words = this.fresh.get(pair);
    if (!words) this.fresh.set(pair, [word]);
    else if (words[words.length - 1] !== word) words.push(word);
  }

  private offerFresh(): void {
    for (const [pair, words] of this.fresh) {
      const count = this.pairCounts[pair]!;
      if (count <= 0) continue;
      this.heap.push({ count, pair, words });
      this.rise(this.heap.length - 1);
    }
    this.fresh.clear();
  }

  /** More frequent first; among equals the pair with the smaller ids. */
  private before(a: Candidate, b: Candidate): boolean {
    if (a.count !== b.count) return a.count > b.count;
    const { left, right } = this.pairs;
    const order = left[a.pair]! - left[b.pair]!;
    return (order || right[a.pair]! - right[b.pair]!) < 0;
  }

  private dropTop(): void {
    const last = this.heap.pop()!;
    if (this.heap.length === 0) return;
    this.heap[0] = last;
    this.sink(0);
  }

  private rise(from: number): void {
    const { heap } = this;
    const candidate = heap[from]!;
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.before(candidate, heap[parent]!)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = candidate;
  }

  private sink(from: number): void {
    const { heap } = this;
    const candidate = heap[from]!;
    let at = from;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && this.before(heap[child + 1]!, heap[child]!)) child++;
      if (!this.before(heap[child]!, candidate)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = candidate;
  }
}

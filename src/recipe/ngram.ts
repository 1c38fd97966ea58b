// A byte n-gram model: how well a text predicts another one without a neural network. All orders interpolated, with the
// smoothing of Witten and Bell (1991; method C of Bell, Cleary and Witten). Knows bytes alone.
import { mix32 } from '../rng.js';

/** Bytes of context. */
const order = 5;

/** Counts by hashes of 32 bits: open addressing. So few keys as a text has collide too rarely to matter. */
class Counts {
  private keys = new Uint32Array(1 << 12);
  private counts = new Uint32Array(1 << 12);
  private used = 0;

  get(key: number): number {
    return this.counts[this.placeOf(key)]!;
  }

  /** Counts the key; returns how often it was counted before. */
  add(key: number): number {
    if (2 * this.used > this.keys.length) this.grow();
    const place = this.placeOf(key);
    const before = this.counts[place]!++;
    if (before === 0) {
      this.keys[place] = key;
      this.used++;
    }
    return before;
  }

  private placeOf(key: number): number {
    const mask = this.keys.length - 1;
    let place = key & mask;
    while (this.counts[place] !== 0 && this.keys[place] !== key) place = (place + 1) & mask;
    return place;
  }

  private grow(): void {
    const { keys, counts } = this;
    this.keys = new Uint32Array(2 * keys.length);
    this.counts = new Uint32Array(2 * keys.length);
    for (const [i, count] of counts.entries()) {
      if (count === 0) continue;
      const place = this.placeOf(keys[i]!);
      this.keys[place] = keys[i]!;
      this.counts[place] = count;
    }
  }
}

/** Hashes of the contexts that end before `at`, the empty one first, as long as the text reaches back. */
function contextsOf(text: Uint8Array, at: number, into: Uint32Array): number {
  let hash = 0;
  let count = 0;
  for (let length = 0; length <= order; length++) {
    if (length > at) break;
    if (length > 0) hash = mix32(hash ^ (text[at - length]! + 1) ^ (length << 16));
    into[count++] = hash;
  }
  return count;
}

/** Keys of what is counted in a context: a byte, and besides them all bytes and different bytes. */
const [all, different] = [256, 257];
const keyOf = (context: number, what: number) => mix32(context + Math.imul(what + 1, 0x9e3779b1));

/**
 * Bits per byte of `heldOut` under the n-gram model of `training`. Bytes that were never seen cost at most 8 bits and what
 * escaping to them costs.
 */
export function ngramBits(training: Uint8Array, heldOut: Uint8Array): number {
  const counts = new Counts();
  const contexts = new Uint32Array(order + 1);
  for (const [at, byte] of training.entries()) {
    const length = contextsOf(training, at, contexts);
    for (let i = 0; i < length; i++) {
      const context = contexts[i]!;
      counts.add(keyOf(context, all));
      if (counts.add(keyOf(context, byte)) === 0) counts.add(keyOf(context, different));
    }
  }
  let bits = 0;
  for (const [at, byte] of heldOut.entries()) {
    const length = contextsOf(heldOut, at, contexts);
    let probability = 1 / 256;
    for (let i = 0; i < length; i++) {
      const context = contexts[i]!;
      const total = counts.get(keyOf(context, all));
      if (total === 0) break;
      const types = Math.max(1, counts.get(keyOf(context, different))); // 0 only where hashes collide
      probability = (counts.get(keyOf(context, byte)) + types * probability) / (total + types);
    }
    bits -= Math.log2(probability);
  }
  return bits / heldOut.length;
}

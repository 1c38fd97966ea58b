// A byte n-gram model: how well a text predicts another one without a neural network. All orders interpolated, with the
// smoothing of Witten and Bell (1991; method C of Bell, Cleary and Witten). The model keeps learning from the text that it
// predicts: a word that was just read is more likely, as it is for a transformer that has it in its context. Knows bytes alone.
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

class NgramModel {
  private readonly counts = new Counts();
  private readonly contexts = new Uint32Array(order + 1);

  /** The probability of the byte at `at` after the bytes before it. */
  predict(text: Uint8Array, at: number): number {
    const length = contextsOf(text, at, this.contexts);
    let probability = 1 / 256;
    for (const context of this.contexts.subarray(0, length)) {
      const total = this.counts.get(keyOf(context, all));
      if (total === 0) break;
      const types = Math.max(1, this.counts.get(keyOf(context, different))); // 0 only where hashes collide
      probability = (this.counts.get(keyOf(context, text[at]!)) + types * probability) / (total + types);
    }
    return probability;
  }

  learn(text: Uint8Array, at: number): void {
    const length = contextsOf(text, at, this.contexts);
    for (const context of this.contexts.subarray(0, length)) {
      this.counts.add(keyOf(context, all));
      if (this.counts.add(keyOf(context, text[at]!)) === 0) this.counts.add(keyOf(context, different));
    }
  }
}

/** Bits per byte of `heldOut` under a model that has read `training`, and reads each byte once it is predicted. */
export function ngramBits(training: Uint8Array, heldOut: Uint8Array): number {
  const model = new NgramModel();
  for (const at of training.keys()) model.learn(training, at);
  let bits = 0;
  for (const at of heldOut.keys()) {
    bits -= Math.log2(model.predict(heldOut, at));
    model.learn(heldOut, at);
  }
  return bits / heldOut.length;
}

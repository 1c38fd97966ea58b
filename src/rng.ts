// Counter-based randomness: every random number is a pure function of a key and a counter, so a resumed run draws
// what an unbroken one would. Knows nothing of what is drawn. 32-bit integer arithmetic only, so that an engine can
// compute the same bits inside a graph.

/** A bijective 32-bit mixer (Chris Wellons' lowbias32, found by hash-prospector). Returns a uint32. */
export function mix32(x: number): number {
  x ^= x >>> 16;
  x = Math.imul(x, 0x7feb352d);
  x ^= x >>> 15;
  x = Math.imul(x, 0x846ca68b);
  x ^= x >>> 16;
  return x >>> 0;
}

/** Folds integers into one uint32 key, order mattering: `mix(w_n ^ mix(w_(n-1) ^ ...))`. */
export function hash32(...words: number[]): number {
  let key = 0;
  for (const word of words) key = mix32(key ^ (word | 0));
  return key;
}

/** The bits at `counter` of the stream named by `key`; uint32. */
export function bitsAt(key: number, counter: number): number {
  return mix32(mix32(Math.imul(counter, 0x9e3779b9) + key) + key);
}

/**
 * The bits of the mask named by `key`, by counter, as int32 to compare with a threshold. Masks are long, so it is a third of
 * the work of `bitsAt`: one mixing of a progression whose start and odd step depend on the key, without mix32's last fold,
 * which leaves the upper 16 bits as they are. An engine's graph computes exactly this.
 */
export function maskBits(key: number): (counter: number) => number {
  const step = mix32(key) | 1;
  return (counter) => {
    let x = Math.imul(counter, step) + key;
    x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
    return Math.imul(x ^ (x >>> 15), 0x846ca68b);
  };
}

/** Mask bits are below it with probability `rate`, in [0, 1). */
export function maskThreshold(rate: number): number {
  return Math.round(rate * 2 ** 32) - 2 ** 31;
}

/** Keeps streams of different use apart. Add to the end; the order is part of what a seed means. */
export const stream = { init: 1, batch: 2, dropout: 3, sample: 4, shuffle: 5, evaluation: 6, extraction: 7 } as const;

/** A sequence drawn from one key: the counter moves on by one a number. */
export class Random {
  private counter = 0;
  private readonly key: number;

  constructor(...words: number[]) {
    this.key = hash32(...words);
  }

  /** Uniform in [0, 1), 53 bits. */
  next(): number {
    const high = bitsAt(this.key, this.counter++) >>> 5;
    const low = bitsAt(this.key, this.counter++) >>> 6;
    return (high * 2 ** 26 + low) * 2 ** -53;
  }

  /** An integer in [0, limit). */
  integer(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  /** Standard normal (Box-Muller). */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.next()));
    return radius * Math.cos(2 * Math.PI * this.next());
  }
}

/** A permutation of 0..n-1 that depends on the key alone (Fisher-Yates). */
export function permutation(n: number, ...words: number[]): Uint32Array {
  const random = new Random(...words);
  const order = Uint32Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = random.integer(i + 1);
    const kept = order[i]!;
    order[i] = order[j]!;
    order[j] = kept;
  }
  return order;
}

// A hash of a few tokens in a row, in two numbers: which bucket of an index, and what to look for in it. 48 bits in all.
import { mix32 } from '../rng.js';

/** Buckets of an index. */
export const bucketCount = 1 << 16;

/** Hashes into its own fields: called for each n-gram of a corpus, it allocates nothing. */
export class GramHash {
  /** In [0, bucketCount). */
  bucket = 0;
  /** uint32 */
  check = 0;

  of(tokens: ArrayLike<number>, from: number, length: number): this {
    let a = 0x811c9dc5;
    let b = length;
    for (let at = from; at < from + length; at++) {
      a = Math.imul(a ^ tokens[at]!, 0x01000193);
      b = Math.imul(b, 0x9e3779b1) + tokens[at]!;
    }
    this.bucket = mix32(a) >>> 16;
    this.check = mix32(b ^ (a << 16));
    return this;
  }
}

// The caches of several texts that are decoded together: those of a layer lie one behind the other, as one pass over a batch reads
// them. Knows no engine. N texts; L, K, R and D as in cache.ts.
import { type CacheShape, KeyValueCache, sizeOfText } from './cache.js';

export class CachePool {
  /** The cache of each text. */
  readonly rows: readonly KeyValueCache[];
  private readonly keys: readonly Float32Array[];
  private readonly values: readonly Float32Array[];

  /** @param capacity N */
  constructor(
    readonly shape: CacheShape,
    readonly capacity: number,
  ) {
    const size = sizeOfText(shape);
    const make = () => Array.from({ length: shape.layers }, () => new Float32Array(capacity * size));
    const keys = make();
    const values = make();
    this.keys = keys;
    this.values = values;
    this.rows = Array.from({ length: capacity }, (_, row) => {
      const own = (arrays: readonly Float32Array[]) =>
        arrays.map((array) => array.subarray(row * size, (row + 1) * size));
      return new KeyValueCache(shape, { keys: own(keys), values: own(values) });
    });
  }

  /** Keys and values of the first `count` texts, by layer: [count, K, R, D]. */
  first(count: number): { readonly keys: readonly Float32Array[]; readonly values: readonly Float32Array[] } {
    const size = count * sizeOfText(this.shape);
    const part = (arrays: readonly Float32Array[]) => arrays.map((array) => array.subarray(0, size));
    return { keys: part(this.keys), values: part(this.values) };
  }

  /** The same texts in a pool with more or less room. */
  resized(room: number, capacity: number): CachePool {
    const made = new CachePool({ ...this.shape, room }, capacity);
    for (const [row, cache] of this.rows.entries()) if (cache.length > 0) made.rows[row]!.copyFrom(cache);
    return made;
  }
}

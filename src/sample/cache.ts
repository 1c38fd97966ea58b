// Keys and values of what was read, in plain arrays, and a decoder that only computes what is new. Knows no engine: it is
// given two functions. L layers, K heads of keys and values, R room for positions, D head width.
import type { Decoder } from './decoder.js';

export interface CacheShape {
  readonly layers: number;
  /** K */
  readonly heads: number;
  /** D */
  readonly width: number;
  /** R: how many positions can be kept. */
  readonly room: number;
}

/** For each layer [K, R, D], as attention reads them; the first `length` positions are filled, the others zeros. */
export class KeyValueCache {
  readonly keys: readonly Float32Array[];
  readonly values: readonly Float32Array[];
  private filled = 0;

  constructor(readonly shape: CacheShape) {
    const { layers, heads, width, room } = shape;
    const make = () => Array.from({ length: layers }, () => new Float32Array(room * heads * width));
    this.keys = make();
    this.values = make();
  }

  /** How many positions are kept. */
  get length(): number {
    return this.filled;
  }

  /**
   * Keeps the first `count` of `rows` positions.
   * @param present [L, rows, 2 K D]: a position's keys, then its values
   */
  append(present: Float32Array, rows: number, count: number): void {
    const { layers, heads, width, room } = this.shape;
    const size = heads * width;
    if (this.filled + count > room) throw new Error(`${this.filled} and ${count} positions do not fit into ${room}`);
    for (let layer = 0; layer < layers; layer++) {
      for (let i = 0; i < count; i++) {
        const row = (layer * rows + i) * 2 * size;
        this.put(this.keys[layer]!, this.filled + i, present.subarray(row, row + size));
        this.put(this.values[layer]!, this.filled + i, present.subarray(row + size, row + 2 * size));
      }
    }
    this.filled += count;
  }

  private put(kept: Float32Array, position: number, row: Float32Array): void {
    const { heads, width, room } = this.shape;
    for (let head = 0; head < heads; head++) {
      kept.set(row.subarray(head * width, (head + 1) * width), (head * room + position) * width);
    }
  }
}

/** The passes of a model that keeps keys and values. */
export interface CachedModel {
  /** Reads ids into an empty cache; the logits [V] that follow. */
  prefill(ids: readonly number[], cache: KeyValueCache): Promise<Float32Array>;
  /** Reads one id more; the logits [V] that follow. */
  decode(id: number, cache: KeyValueCache): Promise<Float32Array>;
}

/**
 * Reads the prompt at once, then each token by itself while the cache has room. Once it is full the window would slide,
 * which moves every position: from then on `full` reads the whole window for each token.
 */
export function cachedDecoder(model: CachedModel, shape: CacheShape, full: Decoder): Decoder {
  const cache = new KeyValueCache(shape);
  let read: number[] = [];
  let sliding = false;
  return {
    async append(ids) {
      if (!sliding && cache.length + ids.length > shape.room) {
        sliding = true;
        const behind = read;
        read = [];
        return full.append([...behind, ...ids]);
      }
      if (sliding) return full.append(ids);
      read.push(...ids);
      if (cache.length === 0) return model.prefill(ids, cache);
      let logits: Float32Array | undefined;
      for (const id of ids) logits = await model.decode(id, cache);
      return logits!;
    },
  };
}

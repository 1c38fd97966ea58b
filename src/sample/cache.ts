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

  /** Forgets all but the first `length` positions. */
  truncate(length: number): void {
    if (length > this.filled) throw new Error(`${this.filled} positions are kept, not ${length}`);
    this.filled = length;
  }

  /** The same positions in a cache with more room. */
  grown(room: number): KeyValueCache {
    const { layers, heads, width, room: before } = this.shape;
    const larger = new KeyValueCache({ ...this.shape, room });
    const used = this.filled * width;
    for (let layer = 0; layer < layers; layer++) {
      for (let head = 0; head < heads; head++) {
        const from = head * before * width;
        const to = head * room * width;
        larger.keys[layer]!.set(this.keys[layer]!.subarray(from, from + used), to);
        larger.values[layer]!.set(this.values[layer]!.subarray(from, from + used), to);
      }
    }
    larger.filled = this.filled;
    return larger;
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
  /** Reads several ids more in one pass; the logits [V] that follow. */
  extend(ids: readonly number[], cache: KeyValueCache): Promise<Float32Array>;
  /** Reads one id more; the logits [V] that follow. */
  decode(id: number, cache: KeyValueCache): Promise<Float32Array>;
}

/** What was read, kept from one text to the next: what their beginnings share is read once. */
export class PromptMemory {
  private cache: KeyValueCache | undefined;
  /** As many as positions are in the cache. */
  private ids: number[] = [];
  /** Of the last prompt, how many ids were not read again. */
  reused = 0;

  /**
   * A cache with the part of `prompt` that was read before, at least its last id excepted.
   * @param shape with room for this text
   */
  begin(prompt: readonly number[], shape: CacheShape): KeyValueCache {
    let shared = 0;
    const most = Math.min(this.ids.length, prompt.length - 1);
    while (shared < most && this.ids[shared] === prompt[shared]) shared++;
    this.reused = shared;
    this.ids = this.ids.slice(0, shared);
    if (shared === 0 || !this.cache) this.cache = new KeyValueCache(shape);
    this.cache.truncate(shared);
    if (this.cache.shape.room < shape.room) this.cache = this.cache.grown(shape.room);
    return this.cache;
  }

  /** These ids are in the cache now. */
  keep(ids: readonly number[]): void {
    for (const id of ids) this.ids.push(id);
  }
}

/** Up to so many ids are read one by one, which needs no pass of their own length. */
const fewIds = 2;

/**
 * Reads the prompt at once, then each token by itself while the cache has room. Once it is full the window would slide,
 * which moves every position: from then on `full` reads the whole window for each token.
 * @param memory what earlier texts left; of a prompt that begins like them only the rest is read
 */
export function cachedDecoder(
  model: CachedModel,
  shape: CacheShape,
  full: Decoder,
  memory = new PromptMemory(),
): Decoder {
  let cache: KeyValueCache | undefined;
  let read: number[] = [];
  let sliding = false;
  const pass = async (ids: readonly number[]): Promise<Float32Array> => {
    const kept = cache!;
    if (kept.length === 0) return model.prefill(ids, kept);
    if (ids.length > fewIds) return model.extend(ids, kept);
    let logits: Float32Array | undefined;
    for (const id of ids) logits = await model.decode(id, kept);
    return logits!;
  };
  return {
    async append(ids) {
      if (!sliding && read.length + ids.length > shape.room) {
        sliding = true;
        const behind = read;
        read = [];
        return full.append([...behind, ...ids]);
      }
      if (sliding) return full.append(ids);
      read.push(...ids);
      cache ??= memory.begin(ids, shape);
      const rest = read.slice(cache.length);
      const logits = await pass(rest);
      memory.keep(rest);
      return logits;
    },
  };
}

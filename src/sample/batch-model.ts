// The passes of a model that texts are decoded with.
import type { CacheShape, KeyValueCache } from './cache.js';
import type { CachePool } from './cache-pool.js';

/** What `Batch` is given. V is the size of the vocabulary. */
export interface BatchModel {
  readonly blockSize: number;
  /** What is kept of each position; undefined: nothing, and each token costs a pass over the whole window. */
  readonly kept: Omit<CacheShape, 'room'> | undefined;
  /** Positions that can slide; undefined: a full context costs a pass over the whole window for each token. */
  readonly rotary: Rotary | undefined;
  /** Room for a text of so many ids. */
  roomFor(ids: number): number;
  /** How many rows a pass over one token of each of `texts` texts has; at least as many. */
  rowsFor(texts: number, room: number): number;
  /** Reads ids into an empty cache; the logits [V] that follow. */
  prefill(ids: readonly number[], cache: KeyValueCache): Promise<Float32Array>;
  /** Reads several ids more in one pass; the logits [V] that follow. */
  extend(ids: readonly number[], cache: KeyValueCache): Promise<Float32Array>;
  /** Reads an id of each of the first rows of a pool; keeps those of `taking`. The logits [rows, V] that follow. */
  decode(ids: Int32Array, taking: readonly number[], pool: CachePool): Promise<Float32Array>;
  /** Reads a window that nothing is kept of; the logits [V] that follow. */
  window(ids: readonly number[]): Promise<Float32Array>;
}

export interface Rotary {
  /** [D/2], radians a position. */
  readonly frequencies: readonly number[];
  /** How many positions behind the context the model can count to. */
  readonly beyond: number;
}

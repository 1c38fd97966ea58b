// What a sampling filter is, and what several need: pure functions over logits. What may not be drawn becomes -Infinity, and at
// least one token always stays. V is the size of the vocabulary.
import type { Setting } from '../../config/setting.js';

/** What a filter may know besides the logits. */
export interface Place {
  /** How many tokens were drawn before this one. */
  readonly position: number;
  /** The prompt and what was drawn, oldest first. */
  readonly history: readonly number[];
}

/** [V] -> [V], a new array or the same one untouched. */
export type Filter = (logits: Float32Array, place: Place) => Float32Array;

/** A filter with the setting that controls it: see filters/index.ts. */
export interface SamplingFilter {
  readonly setting: Setting<number>;
  readonly filter: (value: number) => Filter;
  /** Applied to greedy sampling, too. */
  readonly always?: boolean;
}

export const NEVER = Number.NEGATIVE_INFINITY;

export function keep(logits: Float32Array, allowed: (logit: number, id: number) => boolean): Float32Array {
  return logits.map((logit, id) => (allowed(logit, id) ? logit : NEVER));
}

export function maximum(logits: Float32Array): number {
  let largest = NEVER;
  for (let id = 0; id < logits.length; id++) if (logits[id]! > largest) largest = logits[id]!;
  return largest;
}

/** Drops one token; undefined drops none. */
export function without(token: number | undefined): Filter {
  return (logits) => (token === undefined ? logits : keep(logits, (_, id) => id !== token));
}

/** Leaves out ids from `count` on: rows of a model that its tokenizer has no token for. */
export function limit(count: number): Filter {
  return (logits) => (count >= logits.length ? logits : keep(logits, (_, id) => id < count));
}

/** Probabilities, in float64. At least one logit must be above -Infinity. */
export function softmax(logits: Float32Array): Float64Array {
  const largest = maximum(logits);
  const weights = new Float64Array(logits.length);
  let total = 0;
  for (let id = 0; id < logits.length; id++) {
    weights[id] = Math.exp(logits[id]! - largest);
    total += weights[id]!;
  }
  return weights.map((weight) => weight / total);
}

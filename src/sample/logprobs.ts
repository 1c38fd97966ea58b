// Log-probabilities of drawn tokens, of the model's own distribution before any filter.
import { softmax } from './filters/index.js';

export interface TokenLogprob {
  readonly id: number;
  /** Nats, at most 0. */
  readonly logprob: number;
  /** The likeliest tokens, best first. */
  readonly top: readonly { readonly id: number; readonly logprob: number }[];
}

/** The smallest that is reported: JSON has no infinity. */
const least = -9999;
const logOf = (probability: number) => Math.max(least, Math.log(probability));

/** @param logits [V] that `id` was drawn from @param count how many of the likeliest are listed */
export function logprobOf(id: number, logits: Float32Array, count: number): TokenLogprob {
  const probabilities = softmax(logits);
  const top: number[] = [];
  for (let at = 0; at < probabilities.length && count > 0; at++) {
    const p = probabilities[at]!;
    if (top.length === count && p <= probabilities[top.at(-1)!]!) continue;
    let place = top.length;
    while (place > 0 && probabilities[top[place - 1]!]! < p) place--;
    top.splice(place, 0, at);
    if (top.length > count) top.pop();
  }
  const entry = (token: number) => ({ id: token, logprob: logOf(probabilities[token]!) });
  return { ...entry(id), top: top.map(entry) };
}

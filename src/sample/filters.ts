// From logits to the logits that may be drawn: temperature, top-k, top-p, min-p, repetition penalty. Pure functions;
// what may not be drawn becomes -Infinity, and at least one token always stays. Their meaning is that of the logits
// processors of Hugging Face transformers.
// V is the size of the vocabulary.

/** What a filter may know besides the logits. */
export interface Place {
  /** How many tokens were drawn before this one. */
  readonly position: number;
  /** The prompt and what was drawn, oldest first. */
  readonly history: readonly number[];
}

/** [V] -> [V], a new array or the same one untouched. */
export type Filter = (logits: Float32Array, place: Place) => Float32Array;

const NEVER = Number.NEGATIVE_INFINITY;

function keep(logits: Float32Array, allowed: (logit: number, id: number) => boolean): Float32Array {
  return logits.map((logit, id) => (allowed(logit, id) ? logit : NEVER));
}

export function maximum(logits: Float32Array): number {
  let largest = NEVER;
  for (let id = 0; id < logits.length; id++) if (logits[id]! > largest) largest = logits[id]!;
  return largest;
}

/** Divides the logits: below 1 sharpens, above 1 flattens. `value` > 0. */
export function temperature(value: number): Filter {
  return (logits) => {
    if (value === 1) return logits;
    const largest = maximum(logits); // subtracted first, so that a tiny temperature cannot overflow
    return logits.map((logit) => (logit - largest) / value);
  };
}

/** Keeps the `count` largest logits and what equals the smallest of them. 0 keeps all. */
export function topK(count: number): Filter {
  return (logits) => {
    if (count === 0 || count >= logits.length) return logits;
    const threshold = kthLargest(logits, count);
    return keep(logits, (logit) => logit >= threshold);
  };
}

/** In one pass for the usual small `k`: the best so far are kept in order. */
function kthLargest(values: Float32Array, k: number): number {
  if (k > 1024) return Float32Array.from(values).sort()[values.length - k]!;
  const best = new Float32Array(k).fill(NEVER); // falling
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value <= best[k - 1]!) continue;
    let at = k - 1;
    for (; at > 0 && best[at - 1]! < value; at--) best[at] = best[at - 1]!;
    best[at] = value;
  }
  return best[k - 1]!;
}

/**
 * Nucleus sampling (Holtzman et al. 2019): keeps the likeliest tokens until their probabilities add up to `share`, the
 * one that reaches it included. Of equal tokens the lower id goes first.
 */
export function topP(share: number): Filter {
  return (logits) => {
    if (share >= 1) return logits;
    const weights = softmax(logits);
    // Tokens below this cannot be needed: together they have less than what may be left out.
    const cutoff = (1 - share) / logits.length;
    const candidates = [...weights.keys()].filter((id) => weights[id]! >= cutoff);
    const order = candidates.sort((a, b) => weights[b]! - weights[a]! || a - b);
    const kept = new Uint8Array(logits.length);
    let sum = 0;
    for (const id of order) {
      kept[id] = 1;
      sum += weights[id]!;
      if (sum >= share) break;
    }
    return keep(logits, (_, id) => kept[id] === 1);
  };
}

/** Keeps tokens whose probability is at least `share` of the likeliest one's (Nguyen et al. 2024). 0 keeps all. */
export function minP(share: number): Filter {
  return (logits) => {
    if (share === 0) return logits;
    const threshold = maximum(logits) + Math.log(share); // p >= share * max p, without the exponentials
    return keep(logits, (logit) => logit >= threshold);
  };
}

/**
 * Makes tokens that occurred less likely (CTRL, Keskar et al. 2019): a positive logit is divided by the penalty, a
 * negative one multiplied; once, however often the token occurred.
 */
export function repetitionPenalty(penalty: number): Filter {
  return (logits, { history }) => {
    if (penalty === 1) return logits;
    const changed = Float32Array.from(logits);
    for (const id of new Set(history)) {
      const logit = logits[id];
      if (logit !== undefined) changed[id] = logit < 0 ? logit * penalty : logit / penalty;
    }
    return changed;
  };
}

/** Leaves out one token; undefined leaves out none. */
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

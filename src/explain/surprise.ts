// How surprising each token of a text was: pure functions of logits.

export interface Alternative {
  readonly id: number;
  readonly probability: number;
}

export interface Surprise {
  /** Of the token that came. */
  readonly probability: number;
  /** -log2 of it. */
  readonly bits: number;
  /** 1: it was the most likely token. */
  readonly rank: number;
  /** The most likely tokens. */
  readonly top: readonly Alternative[];
}

/**
 * @param logits [V], of one position
 * @param token that came next
 * @param count how many alternatives to list
 */
export function surpriseOf(logits: Float32Array, token: number, count: number): Surprise {
  let most = Number.NEGATIVE_INFINITY;
  for (const logit of logits) most = Math.max(most, logit);
  let sum = 0;
  let rank = 1;
  const own = logits[token]!;
  for (const logit of logits) {
    sum += Math.exp(logit - most);
    if (logit > own) rank++;
  }
  const probabilityOf = (id: number) => Math.exp(logits[id]! - most) / sum;
  const probability = probabilityOf(token);
  return {
    probability,
    bits: (most - own + Math.log(sum)) / Math.LN2,
    rank,
    top: largest(logits, count).map((id) => ({ id, probability: probabilityOf(id) })),
  };
}

/** The places of the largest numbers, the largest first; of equal ones the earlier. */
export function largest(values: Float32Array, count: number): number[] {
  const found: number[] = [];
  for (let i = 0; i < values.length; i++) {
    if (found.length === count && values[i]! <= values[found.at(-1)!]!) continue;
    let at = found.length;
    while (at > 0 && values[i]! > values[found[at - 1]!]!) at--;
    found.splice(at, 0, i);
    if (found.length > count) found.pop();
  }
  return found;
}

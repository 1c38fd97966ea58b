// What a head does, by what it looks at: scores between 0 and 1 out of attention weights [L, H, T, T]. The names and the test on
// repeated random tokens are those of Olsson et al. 2022 (arXiv:2209.11895).

/** Mean attention, over the positions where it is defined. */
export interface HeadScores {
  readonly layer: number;
  readonly head: number;
  /** To the token before. */
  readonly previous: number;
  /** To the first token of the text. */
  readonly first: number;
  /** To earlier copies of the token itself. */
  readonly duplicate: number;
  /** To the tokens that followed earlier copies of it. */
  readonly induction: number;
}

export interface Weights {
  readonly layers: number;
  readonly heads: number;
  readonly time: number;
  /** [L, H, T, T] */
  readonly data: Float32Array;
}

/**
 * @param ids the text that the weights are of; for `duplicate` and `induction` one with repetitions
 * @param from the first position that is counted
 */
export function headScores({ layers, heads, time, data }: Weights, ids: readonly number[], from = 1): HeadScores[] {
  const earlier = ids.map((id, t) => Array.from({ length: t }, (_, s) => s).filter((s) => ids[s] === id));
  return Array.from({ length: layers * heads }, (_, index) => {
    const weight = (t: number, s: number) => data[(index * time + t) * time + s]!;
    /** The mean over positions of the weight on some places; positions without such places do not count. */
    const mean = (placesOf: (t: number) => readonly number[]) => {
      let [sum, count] = [0, 0];
      for (let t = from; t < time; t++) {
        const places = placesOf(t);
        if (places.length === 0) continue;
        count++;
        for (const s of places) sum += weight(t, s);
      }
      return count === 0 ? 0 : sum / count;
    };
    return {
      layer: Math.floor(index / heads),
      head: index % heads,
      previous: mean((t) => [t - 1]),
      first: mean(() => [0]),
      duplicate: mean((t) => earlier[t]!),
      induction: mean((t) => earlier[t]!.map((s) => s + 1).filter((s) => s < t)),
    };
  });
}

/** From here on a score names its head. */
export const named = 0.4;

/** What the head is called, by its largest score; undefined where none is large. */
export function nameOf(scores: HeadScores): string | undefined {
  const names = {
    induction: 'induction',
    duplicate: 'duplicate token',
    previous: 'previous token',
    first: 'first token',
  } as const;
  const [key] = (Object.keys(names) as (keyof typeof names)[]).sort((a, b) => scores[b] - scores[a]);
  return scores[key!] >= named ? names[key!] : undefined;
}

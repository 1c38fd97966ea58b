// Beam search, as transformers' `generate` does it with `early_stopping=False`: the likeliest whole continuations, not the likeliest
// next token. Scores are sums of log-probabilities; finished ones are divided by length^penalty (Wu et al. 2016,
// arXiv:1609.08144, section 7).
import type { Decoder } from './decoder.js';
import { type Filter, softmax } from './filters/index.js';

export interface BeamOptions {
  /** Has read nothing; it is closed at the end. */
  readonly decoder: Decoder;
  /** At least one id. */
  readonly prompt: readonly number[];
  /** N */
  readonly beams: number;
  readonly maxNewTokens: number;
  /** Above 0 longer texts score better, below 0 shorter ones. */
  readonly lengthPenalty: number;
  /** Applied to log-probabilities. */
  readonly filters: readonly Filter[];
  /** Tokens that end a text. */
  readonly ends: ReadonlySet<number>;
  readonly signal?: AbortSignal | undefined;
}

export interface Hypothesis {
  /** Without the token that ended it. */
  readonly tokens: readonly number[];
  readonly finish: 'eos' | 'length';
  /** Nats over length^penalty, the ending token counted. */
  readonly score: number;
}

interface Beam {
  readonly decoder: Decoder;
  readonly tokens: readonly number[];
  /** Sum of log-probabilities, nats. */
  readonly score: number;
}

interface Candidate {
  readonly parent: Beam;
  readonly id: number;
  readonly score: number;
}

/** @returns the N best texts, best first; fewer where there are not so many */
export async function beamSearch(options: BeamOptions): Promise<readonly Hypothesis[]> {
  const { prompt, beams: count, maxNewTokens, lengthPenalty, ends, signal } = options;
  if (maxNewTokens === 0) {
    options.decoder.close();
    return [{ tokens: [], finish: 'length', score: 0 }];
  }
  const kept = Math.max(2, 1 + ends.size) * count;
  let finished: Hypothesis[] = [];
  let running: readonly Beam[] = [{ decoder: options.decoder, tokens: [], score: 0 }];
  try {
    for (let length = 1; length <= maxNewTokens; length++) {
      signal?.throwIfAborted();
      const logits = await Promise.all(
        running.map(({ decoder, tokens }) => decoder.append(length === 1 ? prompt : [tokens.at(-1)!])),
      );
      const found = best(
        running.map((beam, i) => ({ beam, scores: scoresOf(logits[i]!, beam, options) })),
        kept,
      );
      const stops = ({ id }: Candidate) => ends.has(id) || length === maxNewTokens;
      // Those behind the first N are only there to continue with.
      const ended = found.slice(0, count).filter(stops);
      finished = [...finished, ...ended.map((candidate) => hypothesis(candidate, ends, length ** lengthPenalty))]
        .sort((a, b) => b.score - a.score)
        .slice(0, count);
      const open = found.filter((candidate) => !stops(candidate)).slice(0, count);
      if (open.length === 0) break;
      running = await continued(running, open);
      const possible = running[0]!.score / length ** lengthPenalty;
      if (finished.length === count && possible <= finished.at(-1)!.score) break;
    }
    return finished;
  } finally {
    for (const { decoder } of running) decoder.close();
  }
}

/** Log-probabilities of every next token, filtered, on top of the beam's own. */
function scoresOf(logits: Float32Array, { tokens, score }: Beam, { filters, prompt }: BeamOptions): Float32Array {
  const logs: Float32Array = Float32Array.from(softmax(logits), Math.log);
  const place = { position: tokens.length, history: [...prompt, ...tokens] };
  return filters.reduce((left, filter) => filter(left, place), logs).map((log) => log + score);
}

/** The best `count` candidates of all beams, best first; of equal ones that of the earlier beam and the lower id. */
function best(
  beams: readonly { readonly beam: Beam; readonly scores: Float32Array }[],
  count: number,
): readonly Candidate[] {
  const found: Candidate[] = [];
  for (const { beam, scores } of beams) {
    for (const [id, score] of scores.entries()) {
      if (score === Number.NEGATIVE_INFINITY || (found.length === count && score <= found.at(-1)!.score)) continue;
      let at = found.length;
      while (at > 0 && found[at - 1]!.score < score) at--;
      found.splice(at, 0, { parent: beam, id, score });
      if (found.length > count) found.pop();
    }
  }
  return found;
}

function hypothesis({ parent, id, score }: Candidate, ends: ReadonlySet<number>, norm: number): Hypothesis {
  const ended = ends.has(id);
  const tokens = ended ? parent.tokens : [...parent.tokens, id];
  return { tokens, finish: ended ? 'eos' : 'length', score: score / norm };
}

/** The beams of the chosen candidates. The first child of a beam takes its decoder, others a fork of it. */
async function continued(beams: readonly Beam[], chosen: readonly Candidate[]): Promise<readonly Beam[]> {
  for (const beam of beams) if (!chosen.some(({ parent }) => parent === beam)) beam.decoder.close();
  const taken = new Set<Beam>();
  return Promise.all(
    chosen.map(async ({ parent, id, score }) => {
      const first = !taken.has(parent);
      taken.add(parent);
      const decoder = first ? parent.decoder : await parent.decoder.fork();
      return { decoder, tokens: [...parent.tokens, id], score };
    }),
  );
}

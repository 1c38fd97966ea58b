// Passages of a text that occur verbatim in training tokens: exact, by looking up candidates and comparing tokens.
import type { TokenSpan } from '../dataset/index.js';
import type { NgramIndex } from './ngram-index.js';

/** A passage that cannot be made longer, and is no part of a longer one. */
export interface Match {
  /** First token of the passage in the text that was searched for. */
  readonly start: number;
  /** Tokens. */
  readonly length: number;
  /** How often it occurs in the training tokens. */
  readonly occurrences: number;
  /** Where it begins there: the first few. */
  readonly positions: readonly number[];
}

/** Positions that are kept of each passage. */
const keptPositions = 5;

/**
 * Every maximal passage of at least `minMatch` tokens that `text` and the training tokens share, by its start. A passage is missed
 * only if each n-gram of it is one that the index calls too frequent.
 * @param minMatch at least 2n - 1, n being the index's
 */
export function findMatches(text: ArrayLike<number>, span: TokenSpan, index: NgramIndex, minMatch: number): Match[] {
  const { gram } = index;
  const tokens = new PagedTokens(span);
  const found = new Map<number, { start: number; length: number; occurrences: number; positions: number[] }>();
  const frequent = new Uint8Array(text.length);
  for (let at = 0; at + gram <= text.length; at++) {
    const places = index.places(text, at);
    if (places === undefined) frequent[at] = 1;
    for (const place of places ?? []) {
      let after = 0;
      while (at + after < text.length && place + after < span.length && text[at + after] === tokens.at(place + after))
        after++;
      if (after < gram) continue;
      let before = 0;
      // An n-gram further left that was looked up has found this passage already.
      let known = false;
      while (!known && before < at && before < place && text[at - before - 1] === tokens.at(place - before - 1)) {
        before++;
        known = before % gram === 0 && frequent[at - before] === 0;
      }
      const length = before + after;
      if (known || length < minMatch) continue;
      const start = at - before;
      const key = start * (text.length + 1) + length;
      const match = found.get(key) ?? { start, length, occurrences: 0, positions: [] };
      match.occurrences++;
      if (match.positions.length < keptPositions) match.positions.push(place - before);
      found.set(key, match);
    }
  }
  return maximal([...found.values()]);
}

/** Without those that lie within another one. */
function maximal(matches: readonly Match[]): Match[] {
  const kept: Match[] = [];
  let end = 0;
  for (const match of [...matches].sort((a, b) => a.start - b.start || b.length - a.length)) {
    if (match.start + match.length <= end) continue;
    kept.push(match);
    end = match.start + match.length;
  }
  return kept;
}

/** How many tokens lie in at least one of the passages, given by their start. */
export function coveredTokens(matches: readonly Match[]): number {
  let covered = 0;
  let end = 0;
  for (const { start, length } of matches) {
    covered += Math.max(0, start + length - Math.max(end, start));
    end = Math.max(end, start + length);
  }
  return covered;
}

const pageTokens = 256;
const mostPages = 256;

/** Single tokens of a span, read in pages. */
class PagedTokens {
  private readonly pages = new Map<number, Int32Array>();

  constructor(private readonly span: TokenSpan) {}

  at(position: number): number {
    const number = Math.floor(position / pageTokens);
    const page = this.pages.get(number) ?? this.load(number);
    return page[position - number * pageTokens]!;
  }

  private load(number: number): Int32Array {
    const first = number * pageTokens;
    const page = this.span.read(first, Math.min(pageTokens, this.span.length - first));
    if (this.pages.size >= mostPages) this.pages.clear();
    this.pages.set(number, page);
    return page;
  }
}

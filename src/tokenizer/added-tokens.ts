// Tokens that stand beside the model: special ones such as <|endoftext|>, found in a text only when asked for, and
// plain ones that some vocabularies add for runs of spaces, always found. Longest first, as HF's tokenizers does.

export interface AddedToken {
  readonly id: number;
  readonly content: string;
  readonly special: boolean;
  /** Takes the white space before (after) it along. */
  readonly lstrip: boolean;
  readonly rstrip: boolean;
  /** Only where no letter, digit or underscore touches it. */
  readonly singleWord: boolean;
}

export interface Visitor {
  text(text: string): void;
  token(id: number): void;
}

const wordChar = /[\p{L}\p{M}\p{Nd}\p{Pc}]/u;

/** Splits a text at its added tokens. */
export class AddedTokens {
  private readonly withSpecial: Matcher | undefined;
  private readonly plain: Matcher | undefined;

  constructor(readonly tokens: readonly AddedToken[]) {
    this.withSpecial = makeMatcher(tokens);
    this.plain = makeMatcher(tokens.filter((token) => !token.special));
  }

  /** Calls the visitor with stretches of text and ids, in order; an empty text gives no call. */
  split(text: string, special: boolean, visitor: Visitor): void {
    const matcher = special ? this.withSpecial : this.plain;
    let done = 0;
    for (const match of matcher?.matches(text) ?? []) {
      if (match.start > done) visitor.text(text.slice(done, match.start));
      visitor.token(match.id);
      done = match.end;
    }
    if (done < text.length) visitor.text(done === 0 ? text : text.slice(done));
  }
}

interface Matcher {
  matches(text: string): Iterable<{ start: number; end: number; id: number }>;
}

function makeMatcher(tokens: readonly AddedToken[]): Matcher | undefined {
  const longestFirst = tokens
    .filter(({ content }) => content !== '')
    .sort((a, b) => b.content.length - a.content.length);
  if (longestFirst.length === 0) return undefined;
  const byContent = new Map(longestFirst.map((token) => [token.content, token]));
  const escaped = longestFirst.map(({ content }) => content.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'));
  const pattern = new RegExp(escaped.join('|'), 'gu');
  return {
    *matches(text) {
      let done = 0;
      for (const found of text.matchAll(pattern)) {
        const token = byContent.get(found[0])!;
        let start = found.index;
        let end = start + found[0].length;
        if (start < done || (token.singleWord && !standsAlone(text, start, end))) continue;
        if (token.lstrip) start = done + text.slice(done, start).trimEnd().length;
        if (token.rstrip) end = text.length - text.slice(end).trimStart().length;
        yield { start, end, id: token.id };
        done = end;
      }
    },
  };
}

function standsAlone(text: string, start: number, end: number): boolean {
  const before = [...text.slice(Math.max(0, start - 2), start)].at(-1);
  const after = text.codePointAt(end);
  return !(before && wordChar.test(before)) && !(after !== undefined && wordChar.test(String.fromCodePoint(after)));
}

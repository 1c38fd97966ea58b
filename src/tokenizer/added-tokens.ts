// Tokens outside the model: special ones such as <|endoftext|>, found in a text only when asked for, and
// plain ones that some vocabularies add for runs of spaces, always found. Longest first, as HF's tokenizers does.
import { GptError } from '../errors.js';

export interface AddedToken {
  readonly id: number;
  readonly content: string;
  readonly special: boolean;
  /** Takes the white space before (after) it along. */
  readonly lstrip: boolean;
  readonly rstrip: boolean;
  /** Only where no letter, digit or underscore touches it. */
  readonly singleWord: boolean;
  /** Looked for in the text that the normalizer gives, its content normalized too; otherwise in the text as it is. */
  readonly normalized: boolean;
}

export interface Visitor {
  /**
   * @param start whether the text begins here: no added token and no text is before it
   */
  text(text: string, start: boolean): void;
  token(id: number): void;
}

type Normalize = (text: string) => string;

/** Rust's `\w` and `\s`, which HF's tokenizers uses. JavaScript's trim knows no U+0085, and takes U+FEFF for a space. */
const wordChar = /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]/u;
const whiteSpace = /\p{White_Space}/u;

/** A special token without flags. */
export function specialAddedToken(id: number, content: string): AddedToken {
  return { id, content, special: true, lstrip: false, rstrip: false, singleWord: false, normalized: false };
}

/** Splits a text at its added tokens, and normalizes what is left. */
export class AddedTokens {
  private readonly withSpecial: Splitter;
  private readonly plain: Splitter;

  constructor(tokens: readonly AddedToken[], normalize?: Normalize) {
    this.withSpecial = makeSplitter(tokens, normalize);
    this.plain = makeSplitter(
      tokens.filter((token) => !token.special),
      normalize,
    );
  }

  /** Calls the visitor with stretches of text, normalized, and ids, in order; an empty text gives no call. */
  split(text: string, special: boolean, visitor: Visitor): void {
    (special ? this.withSpecial : this.plain)(text, visitor);
  }
}

type Splitter = (text: string, visitor: Visitor) => void;

/** Tokens of the text as it is first, then those of the normalized stretches between them. */
function makeSplitter(tokens: readonly AddedToken[], normalize: Normalize | undefined): Splitter {
  if (!normalize) return splitAt(makeMatcher(tokens));
  const raw = splitAt(makeMatcher(tokens.filter(({ normalized }) => !normalized)));
  const later = tokens
    .filter(({ normalized }) => normalized)
    .map((token) => ({ ...token, content: normalize(token.content) }));
  const normal = splitAt(makeMatcher(later));
  return (text, visitor) =>
    raw(text, {
      text: (stretch, atStart) =>
        normal(normalize(stretch), {
          text: (inner, first) => visitor.text(inner, atStart && first),
          token: (id) => visitor.token(id),
        }),
      token: (id) => visitor.token(id),
    });
}

function splitAt(matcher: Matcher | undefined): Splitter {
  return (text, visitor) => {
    let done = 0;
    let start = true;
    for (const match of matcher?.(text) ?? []) {
      if (match.start > done) visitor.text(text.slice(done, match.start), start);
      visitor.token(match.id);
      start = false;
      done = match.end;
    }
    if (done < text.length) visitor.text(done === 0 ? text : text.slice(done), start);
  };
}

type Matcher = (text: string) => Iterable<{ start: number; end: number; id: number }>;

function makeMatcher(tokens: readonly AddedToken[]): Matcher | undefined {
  const longestFirst = tokens
    .filter(({ content }) => content !== '')
    .sort((a, b) => b.content.length - a.content.length);
  if (longestFirst.length === 0) return undefined;
  const byContent = new Map(longestFirst.map((token) => [token.content, token]));
  const escaped = longestFirst.map(({ content }) => content.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'));
  const pattern = compile(escaped.join('|'));
  return function* matches(text) {
    let done = 0;
    for (const found of text.matchAll(pattern)) {
      const token = byContent.get(found[0])!;
      let start = found.index;
      let end = start + found[0].length;
      if (token.singleWord && !standsAlone(text, start, end)) continue;
      if (token.lstrip) while (start > done && whiteSpace.test(text[start - 1]!)) start--;
      if (token.rstrip) while (end < text.length && whiteSpace.test(text[end]!)) end++;
      yield { start, end, id: token.id };
      done = end;
    }
  };
}

/** V8 limits the size of a pattern, and compiles it only when it first sees a text of one or of two bytes a character. */
function compile(source: string): RegExp {
  try {
    const pattern = new RegExp(source, 'gu');
    for (const text of ['a', '\u4e00']) pattern.test(text);
    pattern.lastIndex = 0;
    return pattern;
  } catch (cause) {
    const length = source.length.toLocaleString('en-US');
    throw new GptError('tokenizer/format', `the added tokens are too long: ${length} characters`, {
      hint: 'an added token is a short text such as <|endoftext|>',
      cause,
    });
  }
}

function standsAlone(text: string, start: number, end: number): boolean {
  const before = [...text.slice(Math.max(0, start - 2), start)].at(-1);
  const after = text.codePointAt(end);
  return !(before && wordChar.test(before)) && !(after !== undefined && wordChar.test(String.fromCodePoint(after)));
}

// Text with special tokens in it, where only those that a template wrote count: what a person or a data set wrote stays
// text. Contents are marked before rendering, and the mark is taken out when the text is encoded.
import type { Tokenizer } from '../tokenizer/index.js';

/** A noncharacter of Unicode, which no text holds. */
const mark = '\ufdd1';

interface AddedTokenJson {
  readonly content: string;
  readonly special: boolean;
  readonly lstrip?: boolean;
  readonly rstrip?: boolean;
}

/** The special tokens of a tokenizer, found and encoded in rendered text. */
export class SpecialText {
  private readonly tokens: ReadonlyMap<string, AddedTokenJson>;
  /** Longest first. */
  private readonly pattern: RegExp | undefined;

  constructor(private readonly tokenizer: Tokenizer) {
    const { added_tokens: added = [] } = tokenizer.toJSON() as { added_tokens?: readonly AddedTokenJson[] };
    const end = tokenizer.decode([tokenizer.endOfText], { special: true });
    const tokens = new Map(added.filter(({ special }) => special).map((token) => [token.content, token]));
    if (end !== '' && !tokens.has(end)) tokens.set(end, { content: end, special: true });
    tokens.delete('');
    this.tokens = tokens;
    const escaped = [...tokens.keys()]
      .sort((a, b) => b.length - a.length)
      .map((content) => content.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'));
    this.pattern = escaped.length > 0 ? new RegExp(escaped.join('|'), 'gu') : undefined;
  }

  /** The text so that no special token is found in it. */
  guard(text: string): string {
    const clean = text.replaceAll(mark, '');
    return this.pattern ? clean.replace(this.pattern, (token) => `${token[0]}${mark}${token.slice(1)}`) : clean;
  }

  /** The text without marks. */
  plain(text: string): string {
    return text.replaceAll(mark, '');
  }

  /** The text without marks and without special tokens. */
  written(text: string): string {
    return this.plain(this.pattern ? text.replace(this.pattern, '') : text);
  }

  /** Where each special token of a rendered text ends. */
  ends(text: string): number[] {
    return this.pattern ? [...text.matchAll(this.pattern)].map(({ index, 0: token }) => index + token.length) : [];
  }

  /**
   * Ids of rendered text.
   * @param before the end of the text before it
   */
  encode(text: string, before = ''): number[] {
    const ids: number[] = [];
    let context = before;
    let done = 0;
    let strip = false;
    const stretch = (end: number, lstrip: boolean) => {
      let part = this.plain(text.slice(done, end));
      if (strip) part = part.trimStart();
      if (lstrip) part = part.trimEnd();
      if (part === '') return;
      for (const id of this.tokenizer.encode(part, { before: context })) ids.push(id);
      context = part;
    };
    for (const { 0: content, index } of this.pattern ? text.matchAll(this.pattern) : []) {
      const { lstrip = false, rstrip = false } = this.tokens.get(content)!;
      stretch(index, lstrip);
      for (const id of this.tokenizer.encode(content, { special: true })) ids.push(id);
      context = content;
      strip = rstrip;
      done = index + content.length;
    }
    stretch(text.length, false);
    return ids;
  }
}

// Tokens to words: pure functions.

/** Tokens [from, to) of a text that make a word. */
export interface Word {
  readonly text: string;
  readonly from: number;
  readonly to: number;
}

type Kind = 'word' | 'space' | 'other';

function kindOf(text: string): Kind {
  if (/^\s*$/u.test(text)) return 'space';
  return /^\s*[\p{L}\p{N}\p{M}_'’-]+$/u.test(text) ? 'word' : 'other';
}

/**
 * Words with the space before them, and runs of other characters. Tokens that are parts of a character, whose texts hold U+FFFD,
 * belong to the word before.
 * @param textOf the text of tokens [from, to)
 */
export function wordsOf(count: number, textOf: (from: number, to: number) => string): Word[] {
  const starts: number[] = [];
  let kind: Kind | undefined;
  for (let t = 0; t < count; t++) {
    const text = textOf(t, t + 1);
    const own = kindOf(text);
    const begins = /^\s/u.test(text) && kind !== 'space';
    const broken = text.includes('\ufffd');
    if (t === 0 || (!broken && (begins || (own !== kind && kind !== 'space')))) starts.push(t);
    if (!broken || kind === undefined) kind = own;
  }
  return starts.map((from, i) => {
    const to = starts[i + 1] ?? count;
    return { text: textOf(from, to), from, to };
  });
}

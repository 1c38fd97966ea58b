// GPT-2's pre-tokenizer as a hand-written scanner, equal to its regular expression (a property test holds it to that)
// and several times faster. `\s` is Unicode's White_Space, as in HF's tokenizers; a lone surrogate counts as a symbol,
// which U+FFFD is, too.
import { classAt, isPair, LETTER, OTHER, SPACE } from './character-class.js';

/** GPT-2's pattern as tokenizer.json files spell it. */
export const gpt2Pattern = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

/** The end of a contraction's ending ('s 't 're 've 'm 'll 'd) that begins with the apostrophe at `index`, or -1. */
function contractionEnd(text: string, index: number): number {
  const first = text[index + 1];
  if (first === 's' || first === 't' || first === 'm' || first === 'd') return index + 2;
  const second = text[index + 2];
  if ((first === 'l' && second === 'l') || (second === 'e' && (first === 'r' || first === 'v'))) return index + 3;
  return -1;
}

/** Where the word that begins at `start` ends; `start` must be inside the text. */
export function wordEnd(text: string, start: number): number {
  const first = text.charCodeAt(start);
  if (first === 0x27) {
    const end = contractionEnd(text, start);
    if (end > 0) return end;
  }
  const length = text.length;
  let at = first === 0x20 && start + 1 < length ? start + 1 : start;
  const kind = classAt(text, at);
  if (kind !== SPACE) {
    for (;;) {
      at += isPair(text, at) ? 2 : 1;
      if (at >= length || classAt(text, at) !== kind) return at;
    }
  }
  at = start + 1;
  while (at < length && classAt(text, at) === SPACE) at++;
  return at < length && at - start > 1 ? at - 1 : at; // the last space belongs to the word that follows
}

/** Calls `visit` with every word of the text; the words joined are the text. */
export function eachGpt2Word(text: string, visit: (word: string) => void): void {
  for (let start = 0; start < text.length; ) {
    const end = wordEnd(text, start);
    visit(text.slice(start, end));
    start = end;
  }
}

/**
 * The last place where a word ends whatever is before and after it: between a non-space and another class, except where
 * a letter might complete a contraction. 0 if there is none. A pair of surrogates is never cut.
 */
export function lastGpt2Cut(text: string): number {
  for (let at = text.length - 1; at > 0; at--) {
    const unit = text.charCodeAt(at);
    if (unit >= 0xd800 && unit < 0xe000) continue;
    const after = classAt(text, at);
    const before = classBefore(text, at);
    if (before !== SPACE && before !== after && !(before === OTHER && after === LETTER)) return at;
  }
  return 0;
}

function classBefore(text: string, index: number): number {
  return classAt(text, index > 1 && isPair(text, index - 2) ? index - 2 : index - 1);
}

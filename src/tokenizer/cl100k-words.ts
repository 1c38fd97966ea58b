// The pre-tokenizer of cl100k (GPT-4), Llama 3 and Qwen2 as a hand-written scanner, equal to its regular expression (a
// property test holds it to that). The models differ in one number: how many digits make a word.
import { classAt, isPair, LETTER, NUMBER, OTHER, SPACE } from './character-class.js';

const pattern = (digits: string) =>
  `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|${digits}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+`;

/** The pattern as tokenizer.json files spell it -> the most digits of a word. */
export const cl100kPatterns: ReadonlyMap<string, number> = new Map([
  [pattern('\\p{N}{1,3}'), 3],
  [pattern('\\p{N}'), 1],
]);

/** The end of a contraction's ending that begins with the apostrophe at `index`, or -1. ſ folds to s. */
function contractionEnd(text: string, index: number): number {
  const first = text[index + 1]?.toLowerCase();
  if (first === 's' || first === 'ſ' || first === 't' || first === 'm' || first === 'd') return index + 2;
  const second = text[index + 2]?.toLowerCase();
  if ((first === 'l' && second === 'l') || (second === 'e' && (first === 'r' || first === 'v'))) return index + 3;
  return -1;
}

/** The end of the characters of one class that follow `index`. */
function runEnd(text: string, index: number, kind: number): number {
  let at = index;
  while (at < text.length && classAt(text, at) === kind) at += isPair(text, at) ? 2 : 1;
  return at;
}

function isLineEnd(text: string, index: number): boolean {
  const unit = text.charCodeAt(index);
  return unit === 10 || unit === 13;
}

/** Where the word that begins at `start` ends; `start` must be inside the text. */
export function cl100kWordEnd(text: string, start: number, mostDigits: number): number {
  const first = text.charCodeAt(start);
  if (first === 0x27) {
    const end = contractionEnd(text, start);
    if (end > 0) return end;
  }
  const kind = classAt(text, start);
  if (kind === LETTER) return runEnd(text, start, LETTER);
  if (kind === NUMBER) {
    let at = start;
    for (let digits = 0; digits < mostDigits && at < text.length && classAt(text, at) === NUMBER; digits++)
      at += isPair(text, at) ? 2 : 1;
    return at;
  }
  const second = start + (isPair(text, start) ? 2 : 1);
  const follows = second < text.length ? classAt(text, second) : 0;
  if (follows === LETTER && !isLineEnd(text, start)) return runEnd(text, second, LETTER);
  if (kind === OTHER || (first === 0x20 && follows === OTHER)) {
    let at = runEnd(text, second, OTHER);
    while (at < text.length && isLineEnd(text, at)) at++;
    return at;
  }
  const end = runEnd(text, start, SPACE);
  for (let at = end; at > start; at--) if (isLineEnd(text, at - 1)) return at;
  return end < text.length && end - start > 1 ? end - 1 : end; // the last space belongs to the word that follows
}

/** Calls `visit` with every word of the text; the words joined are the text. */
export function eachCl100kWord(text: string, mostDigits: number, visit: (word: string) => void): void {
  for (let start = 0; start < text.length; ) {
    const end = cl100kWordEnd(text, start, mostDigits);
    visit(text.slice(start, end));
    start = end;
  }
}

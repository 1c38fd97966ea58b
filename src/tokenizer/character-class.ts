// The four classes of characters that the pre-tokenizers of the GPT family tell apart: \p{L}, \p{N}, White_Space (their
// `\s`), and the rest. Fast: one look-up for each code point. A lone surrogate belongs to the rest, as U+FFFD does.

export const LETTER = 1;
export const NUMBER = 2;
export const SPACE = 3;
export const OTHER = 4;

/** The class of every code point, found when first asked for (0: not yet). */
const classes = new Uint8Array(0x110000);

function findClass(codePoint: number): number {
  const char = String.fromCodePoint(codePoint);
  let found = OTHER;
  if (/\p{L}/u.test(char)) found = LETTER;
  else if (/\p{N}/u.test(char)) found = NUMBER;
  else if (/\p{White_Space}/u.test(char)) found = SPACE;
  classes[codePoint] = found;
  return found;
}

/** The class of the code point that begins at `index`, which must be inside the text. */
export function classAt(text: string, index: number): number {
  let code = text.charCodeAt(index);
  if (code >= 0xd800 && code < 0xdc00) code = text.codePointAt(index)!;
  return classes[code] || findClass(code);
}

/** Whether the two units at `index` are one code point. */
export function isPair(text: string, index: number): boolean {
  const code = text.charCodeAt(index);
  if (code < 0xd800 || code >= 0xdc00) return false;
  const next = text.charCodeAt(index + 1);
  return next >= 0xdc00 && next < 0xe000;
}

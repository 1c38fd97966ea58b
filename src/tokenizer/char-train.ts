// Finds the characters of a text of any size.
import { GptError } from '../errors.js';
import { makeCharTokenizer } from './char.js';
import type { TextPiece, Tokenizer } from './types.js';

/**
 * Ids 0..n-1 are the characters of the text sorted by code point, as nanoGPT has it; n is <|unk|>, n + 1 <|endoftext|>.
 * Throws `tokenizer/empty`.
 */
export async function trainCharTokenizer(texts: AsyncIterable<TextPiece>): Promise<Tokenizer> {
  const seen = new Uint8Array(0x110000);
  let open = ''; // half a surrogate pair that the next piece may complete
  let ended = false;
  let several = false;
  for await (const { text, endOfDocument } of texts) {
    if (text !== '' && ended) several = true;
    const whole = open + text;
    const last = whole.charCodeAt(whole.length - 1);
    const cut = !endOfDocument && last >= 0xd800 && last < 0xdc00 ? whole.length - 1 : whole.length;
    markChars(whole, cut, seen);
    open = whole.slice(cut);
    ended ||= endOfDocument;
  }
  markChars(open, open.length, seen);
  const codePoints: number[] = [];
  for (let code = 0; code < seen.length; code++) if (seen[code]) codePoints.push(code);
  if (codePoints.length === 0)
    throw new GptError('tokenizer/empty', 'the text is empty: there is no character to learn', {
      hint: 'check the input files',
    });
  return makeCharTokenizer(codePoints, several);
}

/** Marks the code points of `text[0..end)`; a lone surrogate is U+FFFD, as for the encoder. */
function markChars(text: string, end: number, seen: Uint8Array): void {
  for (let i = 0; i < end; i++) {
    let code = text.charCodeAt(i);
    if (code >= 0xd800 && code < 0xe000) {
      code = text.codePointAt(i)!;
      if (code >= 0x10000) i++;
      else code = 0xfffd;
    }
    seen[code] = 1;
  }
}

// The byte tokenizer: ids 0..255 are the UTF-8 bytes, 256 is <|endoftext|>. Nothing to train.
import { byteToChar } from './byte-alphabet.js';
import { addedTokenJson, byteLevelJson, endOfTextToken, tokenizerJson } from './hf-json.js';
import { parseTokenizer } from './parse.js';
import type { Tokenizer } from './types.js';

/** 257 ids; a text has as many tokens as UTF-8 bytes. A lone surrogate counts as U+FFFD. */
export function byteTokenizer(): Tokenizer {
  const vocab = byteToChar.map((char, byte) => [char, byte] as const);
  const json = tokenizerJson({
    added: [addedTokenJson(256)],
    preTokenizer: byteLevelJson(false),
    decoder: byteLevelJson(false),
    vocab: [...vocab, [endOfTextToken, 256]],
    merges: [],
    byteFallback: false,
  });
  return parseTokenizer(json, 'byte tokenizer');
}

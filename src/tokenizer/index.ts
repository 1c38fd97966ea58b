// Tokenizers: text <-> ids. Knows no model and no run.
export type { BpeOptions } from './bpe-train.js';
export { trainBpeTokenizer } from './bpe-train.js';
export { byteTokenizer } from './byte.js';
export { trainCharTokenizer } from './char-train.js';
export { classificationToken, specialToken, withClassificationToken } from './extend.js';
export { loadTokenizer } from './load.js';
export type { ParseOptions } from './parse.js';
export { parseTokenizer } from './parse.js';
export { tokenizerConfig } from './tokenizer-config.js';
export type { EncodeOptions, StreamDecoder, TextPiece, Tokenizer } from './types.js';

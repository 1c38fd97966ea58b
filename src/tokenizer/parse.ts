// Reads a tokenizer.json: any byte-level BPE, and our own character tokenizer. Everything is checked; what cannot be
// honoured is an error that names it.
import { GptError } from '../errors.js';
import { type AddedToken, AddedTokens, specialAddedToken } from './added-tokens.js';
import { BpeTokenizer } from './bpe.js';
import { bytesOfToken, byteToChar, tokenOfBytes } from './byte-alphabet.js';
import { byteName, type CharParts, CharTokenizer, severalDocumentsKey } from './char.js';
import { endOfTextToken, unknownToken } from './hf-json.js';
import type { Merges } from './merge.js';
import { PairIndex } from './pair-index.js';
import { eachStretch, makePreTokenizer } from './pre-tokenizer.js';
import { type TokenEntry, TokenTable } from './token-table.js';
import { readFile, type TokenizerFile } from './tokenizer-file.js';
import type { Tokenizer } from './types.js';

/** What other models call the token that ends a text. */
const endNames = [
  endOfTextToken,
  '<|end_of_text|>',
  '</s>',
  '<eos>',
  '<|eos|>',
  '<｜end▁of▁sentence｜>',
  '<|im_end|>',
  '[EOS]',
];

export interface ParseOptions {
  /** The token that ends a text, where the file does not tell (`eos_token` of tokenizer_config.json). */
  readonly endOfText?: string | undefined;
}

/**
 * @param json the content of a tokenizer.json
 * @param name what to call it in an error, its path for example
 * @throws `tokenizer/format` if it is broken, `tokenizer/type`, `tokenizer/pre-tokenizer`, `tokenizer/pattern`,
 * `tokenizer/normalizer` if it is of a kind that is not supported
 */
export function parseTokenizer(json: unknown, name: string, options: ParseOptions = {}): Tokenizer {
  const file = readFile(json, name);
  const fallsBack = file.byteFallback || file.unknownToken === unknownToken;
  const isChar = fallsBack && file.merges.length === 0 && file.preTokenizer === null;
  return isChar ? parseChar(file) : parseBpe(file, options);
}

function parseChar(file: TokenizerFile): Tokenizer {
  const { vocab, name } = file;
  const end = file.added.find(({ content }) => content === endOfTextToken);
  const fallback = readFallback(file);
  if (!end) throw file.error(`its character vocabulary lacks ${endOfTextToken}`);
  const fallbackIds = new Set('unknown' in fallback ? [fallback.unknown] : fallback.byteIds);
  const chars = new Map<number, number>();
  for (const [token, id] of vocab) {
    if (fallbackIds.has(id) || id === end.id) continue;
    const code = token.codePointAt(0);
    if (code === undefined || token.length !== (code > 0xffff ? 2 : 1)) {
      throw new GptError('tokenizer/type', `${name}: the token ${JSON.stringify(token)} is not one character`, {
        hint: 'of BPE tokenizers with byte_fallback (sentencepiece) only our own character tokenizers are supported',
      });
    }
    chars.set(code, id);
  }
  const size = chars.size + fallbackIds.size + 1;
  if ([...vocab.values(), end.id].some((id) => id >= size)) throw file.error('its ids have gaps');
  const extra = file.added.filter(({ id, special }) => id >= size && special);
  if (extra.some(({ id }) => id >= size + extra.length)) throw file.error('its ids have gaps');
  const ours = end.id === ('unknown' in fallback ? chars.size + 1 : chars.size); // the order in which we number tokens
  const alone = ours && file.model[severalDocumentsKey] === false; // the key is lost when HF saves it
  const occurring = ours ? end.id + (alone ? 0 : 1) : size;
  const modelVocabSize = extra.length > 0 ? size + extra.length : occurring;
  return new CharTokenizer({ chars, fallback, endOfText: end.id, modelVocabSize, extra, json: file.json });
}

/** <|unk|>, or the byte tokens of earlier versions. */
function readFallback({ byteFallback, vocab, error }: TokenizerFile): CharParts['fallback'] {
  if (!byteFallback) {
    const unknown = vocab.get(unknownToken);
    if (unknown === undefined) throw error(`its character vocabulary lacks ${unknownToken}`);
    return { unknown };
  }
  const byteIds = Int32Array.from({ length: 256 }, (_, byte) => vocab.get(byteName(byte)) ?? -1);
  if (byteIds.includes(-1)) throw error('its character vocabulary lacks byte tokens <0x00>..<0xFF>');
  return { byteIds };
}

function parseBpe(file: TokenizerFile, options: ParseOptions): Tokenizer {
  const { vocab } = file;
  const { added, endOfText } = addedTokens(file, options);
  const entries = new Array<TokenEntry | undefined>(
    added.reduce((most, { id }) => Math.max(most, id), file.lastId) + 1,
  ).fill(undefined);
  const encoder = new TextEncoder();
  for (const [token, id] of vocab)
    entries[id] = { bytes: bytesOfToken(token) ?? encoder.encode(token), special: false };
  for (const { id, content, special } of added) entries[id] = { bytes: encoder.encode(content), special };
  const byteIds = Int32Array.from(byteToChar, (char) => vocab.get(char) ?? -1);
  const isByte =
    file.merges.length === 0 &&
    endOfText === 256 &&
    entries.slice(257).every((entry) => entry?.special) &&
    byteIds.every((id, byte) => id === byte);
  const eachWord = makePreTokenizer(file.preTokenizer, file.name);
  return new BpeTokenizer({
    kind: isByte ? 'byte' : 'bpe',
    table: new TokenTable(entries),
    modelVocabSize: file.known.has(endOfText) ? entries.length : file.lastId + 1,
    endOfText,
    byteIds,
    merges: readMerges(file),
    added: new AddedTokens(added, file.normalize),
    eachWord: isByte ? eachStretch : eachWord,
    wholeWord: file.ignoreMerges ? (bytes) => vocab.get(tokenOfBytes(bytes)) : undefined,
    unknownId: file.unknownToken === undefined ? undefined : vocab.get(file.unknownToken),
    json: file.json,
  });
}

/** The added tokens, and which of them ends a text: one is made up, after all others, if there is none. */
function addedTokens(file: TokenizerFile, options: ParseOptions): { added: readonly AddedToken[]; endOfText: number } {
  const names = options.endOfText === undefined ? endNames : [options.endOfText, ...endNames];
  for (const name of names) {
    const found = file.added.find(({ content }) => content === name);
    if (found) return { added: file.added, endOfText: found.id };
    const id = file.vocab.get(name); // GPT-2's vocab.json names it without saying that it is special
    if (id !== undefined) return { added: [...file.added, specialAddedToken(id, name)], endOfText: id };
  }
  const id = file.lastId + 1;
  return { added: [...file.added, specialAddedToken(id, endOfTextToken)], endOfText: id };
}

/** A pair listed twice has its last rank, as in HF's tokenizers. */
function readMerges(file: TokenizerFile): Merges {
  const { vocab, merges } = file;
  const triples = merges.map(([left, right], rank) => {
    const ids = [vocab.get(left), vocab.get(right), vocab.get(left + right)];
    const missing = [left, right, left + right].find((_, i) => ids[i] === undefined);
    if (missing === undefined) return ids as [number, number, number];
    throw file.error(`merge ${rank} needs the token ${JSON.stringify(missing)}, which is not in its vocabulary`);
  });
  const once = number(triples);
  return once.pairs.size === triples.length ? once : number(withoutEarlier(triples));
}

function number(triples: readonly (readonly [number, number, number])[]): Merges {
  const pairs = new PairIndex(triples.length);
  const merged = new Int32Array(triples.length);
  for (const [left, right, result] of triples) merged[pairs.add(left, right)] = result;
  return { pairs, merged };
}

function withoutEarlier(triples: [number, number, number][]): [number, number, number][] {
  const last = new Map(triples.map(([left, right], rank) => [`${left} ${right}`, rank]));
  return triples.filter(([left, right], rank) => last.get(`${left} ${right}`) === rank);
}

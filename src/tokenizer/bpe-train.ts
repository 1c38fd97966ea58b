// Trains a byte-level BPE: counts words, learns merges, numbers the tokens as HF's BpeTrainer does (<|endoftext|>, the
// 256 bytes by their characters, the merges).
import { GptError } from '../errors.js';
import { bytesByChar, byteToChar } from './byte-alphabet.js';
import { addedTokenJson, byteLevelJson, endOfTextToken, tokenizerJson } from './hf-json.js';
import { type CountedWords, MergeLearner } from './learn-merges.js';
import { parseTokenizer } from './parse.js';
import type { TextPiece, Tokenizer } from './types.js';
import { WordCounts } from './word-counts.js';

export interface BpeOptions {
  /** How many ids at most, 257 (no merges) to 2^20; fewer when the text has no pair left to merge. */
  readonly vocabSize: number;
  /** Merges learnt so far and wanted; the reading before it is the caller's to show. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

const endOfTextId = 0;
const firstMergeId = 257;
const sliceMs = 25;

/**
 * Memory is bounded whatever the length of the text: at most 250,000 distinct words are kept, the rarest are dropped
 * when there are more; a word longer than 4096 characters counts in parts. Otherwise the vocabulary is that of HF's
 * `BpeTrainer(vocab_size, special_tokens=["<|endoftext|>"], initial_alphabet=ByteLevel.alphabet())` on the same pieces.
 * Throws `tokenizer/vocab-size`, `tokenizer/empty`, and the signal's reason.
 */
export async function trainBpeTokenizer(texts: AsyncIterable<TextPiece>, options: BpeOptions): Promise<Tokenizer> {
  const { vocabSize, onProgress, signal } = options;
  if (!Number.isInteger(vocabSize) || vocabSize < firstMergeId || vocabSize > 2 ** 20) {
    throw new GptError('tokenizer/vocab-size', `vocab-size (${vocabSize}) is not an integer from 257 to ${2 ** 20}`, {
      hint: 'the 256 bytes and <|endoftext|> take 257; 4096 suits a small corpus',
    });
  }
  const words = await countWords(texts, signal);
  if (words.counts.length === 0)
    throw new GptError('tokenizer/empty', 'the text is empty: there is nothing to learn merges from', {
      hint: 'check the input files',
    });
  const tokens: string[] = [endOfTextToken, ...bytesByChar.map((byte) => byteToChar[byte]!)];
  const merges = await learnTokens(words, tokens, options);
  onProgress?.(vocabSize - firstMergeId, vocabSize - firstMergeId);
  const json = tokenizerJson({
    added: [addedTokenJson(endOfTextId)],
    preTokenizer: byteLevelJson(true),
    decoder: byteLevelJson(true),
    vocab: tokens.map((token, id) => [token, id] as const),
    merges,
    byteFallback: false,
  });
  return parseTokenizer(json, 'trained tokenizer');
}

async function countWords(texts: AsyncIterable<TextPiece>, signal?: AbortSignal): Promise<CountedWords> {
  const counter = new WordCounts();
  for await (const piece of texts) {
    signal?.throwIfAborted();
    counter.add(piece);
  }
  counter.finish();
  return symbolsOf(counter.counts);
}

/** Words as the ids of their bytes. */
function symbolsOf(counted: ReadonlyMap<string, number>): CountedWords {
  const idOfByte = new Int32Array(256);
  bytesByChar.forEach((byte, rank) => {
    idOfByte[byte] = endOfTextId + 1 + rank;
  });
  const starts = new Int32Array(counted.size + 1);
  const counts = new Float64Array(counted.size);
  let word = 0;
  for (const [text, count] of counted) {
    counts[word] = count;
    starts[word + 1] = starts[word]! + Buffer.byteLength(text);
    word++;
  }
  const symbols = new Int32Array(starts[word]!);
  word = 0;
  for (const text of counted.keys()) {
    const bytes = Buffer.from(text);
    for (let i = 0; i < bytes.length; i++) symbols[starts[word]! + i] = idOfByte[bytes[i]!]!;
    word++;
  }
  return { symbols, starts, counts };
}

/** Appends to `tokens` and returns the merges as tokenizer.json writes them. Lets other work run now and then. */
async function learnTokens(words: CountedWords, tokens: string[], options: BpeOptions): Promise<string[]> {
  const { vocabSize, onProgress, signal } = options;
  const idOf = new Map(tokens.map((token, id) => [token, id]));
  const nameOf = (left: number, right: number): number => {
    const token = tokens[left]! + tokens[right]!;
    const known = idOf.get(token);
    if (known !== undefined) return known;
    idOf.set(token, tokens.length);
    return tokens.push(token) - 1;
  };
  const merges = new Set<string>(); // a pair that comes twice counts where it came last
  const learner = new MergeLearner(words);
  let sliceEnd = performance.now() + sliceMs;
  while (tokens.length < vocabSize) {
    const merge = learner.next(nameOf);
    if (!merge) break;
    const line = `${tokens[merge.left]} ${tokens[merge.right]}`;
    merges.delete(line);
    merges.add(line);
    if (performance.now() < sliceEnd) continue;
    onProgress?.(tokens.length - firstMergeId, vocabSize - firstMergeId);
    await new Promise((resolve) => setImmediate(resolve));
    signal?.throwIfAborted();
    sliceEnd = performance.now() + sliceMs;
  }
  return [...merges];
}

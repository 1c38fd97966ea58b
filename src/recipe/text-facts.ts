// What the choice of a recipe needs to know of a text: its length in bytes and in tokens of each vocabulary, and how well it can
// be predicted at all.
import { byteTokenizer, type Tokenizer, trainBpeTokenizer, trainCharTokenizer } from '../tokenizer/index.js';
import { withVocabSize } from '../tokenizer/truncate.js';
import { ngramBits } from './ngram.js';
import type { TextSample } from './text-sample.js';

export interface Vocabulary {
  /** Rows of the embedding. */
  readonly vocabSize: number;
  /** UTF-8 bytes of the training text per token. */
  readonly bytesPerToken: number;
}

export interface TextFacts {
  /** UTF-8 bytes. */
  readonly trainBytes: number;
  /** UTF-8 bytes; 0: nothing is held out. */
  readonly heldOutBytes: number;
  /** Of which one can be chosen. */
  readonly vocabularies: readonly Vocabulary[];
  /** Bits per byte of a byte n-gram model with `referenceBytes` of such text: the unit of expected losses. */
  readonly difficulty: number;
}

export interface TextOptions {
  /** `char`, `byte`, `bpe`, or one that exists. */
  readonly tokenizer: 'char' | 'byte' | 'bpe' | Tokenizer;
  /** The vocabulary sizes of a bpe. */
  readonly vocabSizes: readonly number[];
  /** The share of the text that is held out; of no effect where `heldOut` is given. */
  readonly valSplit: number;
  /** The text that is held out, where it is one of its own. */
  readonly heldOut?: TextSample | undefined;
}

/** UTF-8 bytes of training text for the n-gram model. */
const referenceBytes = 1 << 19;
/** Characters that vocabularies are compared on. */
const comparedLength = 1 << 19;
/** Held out where nothing is, to see how well such text can be predicted. */
const substituteSplit = 0.1;

export async function textFacts(sample: TextSample, options: TextOptions, signal?: AbortSignal): Promise<TextFacts> {
  const { heldOut, valSplit } = options;
  const whole = sample.chunks.join('');
  const share = heldOut ? 0 : valSplit || substituteSplit;
  const cut = Math.round(whole.length * (1 - share));
  const training = whole.slice(0, cut);
  const predicted = heldOut ? heldOut.chunks.join('') : whole.slice(cut);
  return {
    trainBytes: Math.round(sample.bytes * (heldOut ? 1 : 1 - valSplit)),
    heldOutBytes: heldOut ? heldOut.bytes : Math.round(sample.bytes * valSplit),
    vocabularies: await vocabulariesOf(training, options, signal),
    difficulty: difficultyOf(training, predicted),
  };
}

async function* piecesOf(text: string) {
  yield { text, endOfDocument: true };
}

async function vocabulariesOf(
  text: string,
  { tokenizer, vocabSizes }: TextOptions,
  signal: AbortSignal | undefined,
): Promise<Vocabulary[]> {
  const compared = spread(text, comparedLength);
  const bytes = Buffer.byteLength(compared);
  const measured = (each: Tokenizer): Vocabulary => ({
    vocabSize: each.modelVocabSize,
    bytesPerToken: bytes / Math.max(1, each.encode(compared).length),
  });
  if (tokenizer === 'byte') return [measured(byteTokenizer())];
  if (tokenizer === 'char') return [measured(await trainCharTokenizer(piecesOf(text)))];
  if (tokenizer !== 'bpe') return [measured(tokenizer)];
  const largest = await trainBpeTokenizer(piecesOf(text), {
    vocabSize: Math.max(...vocabSizes),
    ...(signal && { signal }),
  });
  // A text with few pairs gives fewer tokens than were asked for.
  const sizes = new Set(vocabSizes.map((size) => Math.min(size, largest.vocabSize)));
  return [...sizes].sort((a, b) => a - b).map((size) => measured(withVocabSize(largest, size)));
}

/** Of text shorter than the reference, what more of it would give. */
function difficultyOf(training: string, predicted: string): number {
  const known = Buffer.from(spread(training, referenceBytes));
  // The model learns from what it predicts: that must be little next to what it has read.
  const held = Buffer.from(spread(predicted, Math.ceil(known.length / 8)));
  if (known.length === 0 || held.length === 0) return 8;
  return ngramBits(known, held) * Math.min(1, known.length / referenceBytes) ** learningExponent;
}

/**
 * Bits per byte of the n-gram model fall by this power of the length: 0.098 to 0.118 from 20 to 640 kB of five texts
 * (docs/recipe.md).
 */
const learningExponent = 0.1;

/** At most so many characters, in slices from all over the text. */
function spread(text: string, length: number): string {
  if (text.length <= length) return text;
  const slices = 16;
  const size = Math.floor(length / slices);
  const step = (text.length - size) / (slices - 1);
  return Array.from({ length: slices }, (_, i) => text.slice(Math.round(i * step), Math.round(i * step) + size)).join(
    '',
  );
}

// How many texts a model scores at once.
import type { GptConfig } from '../model/gpt-config.js';

type Sizes = Pick<GptConfig, 'blockSize' | 'vocabSize'>;

/** Logits of one batch stay below this many numbers (256 MB). */
const mostLogits = 2 ** 26;

/** Texts in a batch: more gain no speed. */
export const mostInBatch = 16;

/** Enough windows to keep the engine busy, few enough for its memory. */
export function evaluationBatch({ blockSize, vocabSize }: Sizes, tokens: number): number {
  const fitting = Math.floor(mostLogits / (blockSize * vocabSize));
  return Math.max(1, Math.min(mostInBatch, fitting, Math.ceil(tokens / blockSize)));
}

/** The same for texts that are padded to about their own lengths: the longest one decides, not what the model could read. */
export function textsInBatch({ blockSize, vocabSize }: Sizes, lengths: readonly number[]): number {
  const longest = lengths.reduce((most, length) => Math.max(most, length), 1);
  const room = Math.min(longest, blockSize);
  return evaluationBatch({ blockSize: room, vocabSize }, lengths.length * room);
}

// How many texts a model scores at once.
import type { GptConfig } from '../model/gpt-config.js';

/** Logits of one batch stay below this many numbers (256 MB). */
const mostLogits = 2 ** 26;

/** Enough windows to keep the engine busy, few enough for its memory. */
export function evaluationBatch({ blockSize, vocabSize }: GptConfig, tokens: number): number {
  const fitting = Math.floor(mostLogits / (blockSize * vocabSize));
  return Math.max(1, Math.min(16, fitting, Math.ceil(tokens / blockSize)));
}

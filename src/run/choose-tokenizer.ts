// The tokenizer that the settings name: built in, trained on the text of the run, or read from a file.
import type { PretrainConfig } from '../config/index.js';
import type { RunEvent } from '../events.js';
import { phase } from '../session/phase.js';
import {
  byteTokenizer,
  loadTokenizer,
  type TextPiece,
  type Tokenizer,
  trainBpeTokenizer,
  trainCharTokenizer,
} from '../tokenizer/index.js';

/**
 * Loads or trains the tokenizer that the settings name.
 * @param pieces the texts, from their beginning at each call
 */
export async function* chooseTokenizer(
  pieces: () => AsyncIterable<TextPiece>,
  { tokenizer, vocabSize }: Pick<PretrainConfig, 'tokenizer' | 'vocabSize'>,
  signal: AbortSignal | undefined,
): AsyncGenerator<RunEvent, Tokenizer> {
  if (tokenizer === 'byte') return byteTokenizer();
  if (tokenizer === 'char') return yield* phase('reading the characters', () => trainCharTokenizer(pieces()));
  if (tokenizer === 'bpe') {
    return yield* phase('training the tokenizer', (report) =>
      trainBpeTokenizer(pieces(), { vocabSize, onProgress: report, ...(signal && { signal }) }),
    );
  }
  return loadTokenizer(tokenizer);
}

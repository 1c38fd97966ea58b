// What a text begins with.
import type { Tokenizer } from '../tokenizer/types.js';

/**
 * The token that texts begin with: <|endoftext|> where the model knows it, else a new line, else the first one.
 * @param vocabSize rows of the model
 */
export function beginningOf(tokenizer: Tokenizer, vocabSize: number): number {
  const { endOfText } = tokenizer;
  if (endOfText < vocabSize) return endOfText;
  const [newline] = tokenizer.encode('\n');
  return newline !== undefined && newline < vocabSize && newline !== tokenizer.unknown ? newline : 0;
}

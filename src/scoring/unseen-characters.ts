// How many characters of a text are unknown to a char tokenizer, counted from the ids. Knows no files and no model.
import type { Tokenizer } from '../tokenizer/index.js';

/**
 * Whether an id stands for a character that the tokenizer's training text did not contain: the unknown token, or in
 * runs of earlier versions the first byte of the character. Never true of byte-level tokenizers, which know every byte.
 */
export function isUnseen(tokenizer: Tokenizer): (id: number) => boolean {
  const { kind, unknown, endOfText } = tokenizer;
  if (kind !== 'char') return () => false;
  if (unknown !== undefined) return (id) => id === unknown;
  // The byte tokens come behind the characters and <|endoftext|>; a continuation byte begins no character.
  const unseen = Uint8Array.from({ length: tokenizer.vocabSize }, (_, id) => {
    const bytes = tokenizer.bytesOf(id);
    return id > endOfText && bytes.length === 1 && (bytes[0]! & 0xc0) !== 0x80 ? 1 : 0;
  });
  return (id) => unseen[id] === 1;
}

/** Characters among the ids that the tokenizer has never seen. */
export function countUnseen(tokenizer: Tokenizer, sequences: Iterable<Int32Array>): number {
  if (tokenizer.kind !== 'char') return 0;
  const unseen = isUnseen(tokenizer);
  let count = 0;
  for (const ids of sequences) for (const id of ids) if (unseen(id)) count++;
  return count;
}

/** For a warning: `3 characters of the text never occur in the training text`. */
export function unseenText(count: number): string {
  const [noun, verb] = count === 1 ? ['character', 'occurs'] : ['characters', 'occur'];
  return `${count} ${noun} of the text never ${verb} in the training text`;
}

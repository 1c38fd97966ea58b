// A text and what follows it as token ids, encoded as lm-eval does, so that numbers can be compared.
import { beginningOf } from '../../sample/index.js';
import type { Continuation } from '../../scoring/likelihood.js';
import type { Tokenizer } from '../../tokenizer/index.js';

/** One space between a context and a choice, unless there is white space or no context. */
export function joined(context: string, choice: string): string {
  return context === '' || /\s$/.test(context) || /^\s/.test(choice) ? choice : ` ${choice}`;
}

export interface Model {
  readonly tokenizer: Tokenizer;
  readonly blockSize: number;
  /** Rows of the model; tokens without one are neither read nor scored. */
  readonly vocabSize: number;
}

/**
 * Context and continuation are encoded as one text; what the tokens of the context alone do not cover is scored. White space at
 * the context's end belongs to the continuation. Without a context the text begins with the model's first token, and all
 * of it is scored. Of a text that is longer than the model reads, the beginning is cut.
 */
export function encodeContinuation(
  context: string,
  continuation: string,
  { tokenizer, blockSize, vocabSize }: Model,
): Continuation & { readonly cut: boolean } {
  const kept = context.trimEnd();
  const own = kept === '' ? [] : [...tokenizer.encode(kept)];
  const text = [...tokenizer.encode(context + continuation)];
  const all = own.length === 0 ? [beginningOf(tokenizer, vocabSize), ...text] : text;
  const from = own.length === 0 ? 1 : Math.min(own.length, all.length - 1);
  const dropped = Math.max(0, all.length - (blockSize + 1));
  const ids = Int32Array.from(all.slice(dropped), (id) => (id < vocabSize ? id : -1));
  return { ids, from: Math.max(1, from - dropped), cut: dropped > 0 };
}

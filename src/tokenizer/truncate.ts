// A byte-level BPE with fewer merges. Merges are learned one after the other, so that its first tokens are the tokenizer that
// the same text would have given with a smaller vocabulary.
import { parseTokenizer } from './parse.js';
import type { Tokenizer } from './types.js';

interface BpeJson {
  readonly model: { readonly vocab: Readonly<Record<string, number>>; readonly merges: readonly string[] };
}

/** @param tokenizer of `trainBpeTokenizer` */
export function withVocabSize(tokenizer: Tokenizer, vocabSize: number): Tokenizer {
  const json = tokenizer.toJSON() as BpeJson;
  const vocab = Object.fromEntries(Object.entries(json.model.vocab).filter(([, id]) => id < vocabSize));
  const merges = json.model.merges.filter((merge) => Object.hasOwn(vocab, merge.replace(' ', '')));
  return parseTokenizer({ ...json, model: { ...json.model, vocab, merges } }, 'a smaller tokenizer');
}

// A tokenizer with one more special token: the one at which a classification head reads (GPT-1's `clf`).
import { endOfTextToken } from './hf-json.js';
import { parseTokenizer } from './parse.js';
import type { Tokenizer } from './types.js';

/** Ends every text that a classifier of ours reads. */
export const classificationToken = '<|clf|>';

type Json = Record<string, unknown>;

/** The id of a special token; undefined where the tokenizer does not know it. */
export function specialToken(tokenizer: Tokenizer, content: string): number | undefined {
  const [id, ...more] = tokenizer.encode(content, { special: true });
  const known = id !== undefined && more.length === 0 && tokenizer.bytesOf(id).length === 0;
  return known && tokenizer.decode([id], { special: true }) === content ? id : undefined;
}

/**
 * The tokenizer with `<|clf|>`, whose id comes after all others; the same tokenizer if it has one. Its tokenizer.json
 * tells Python's library to end every text with it, and to put <|endoftext|> between the texts of a pair.
 */
export function withClassificationToken(tokenizer: Tokenizer): Tokenizer {
  if (specialToken(tokenizer, classificationToken) !== undefined) return tokenizer;
  const json = tokenizer.toJSON() as Json;
  const end = tokenizer.decode([tokenizer.endOfText], { special: true }) || endOfTextToken;
  const added = [...((json['added_tokens'] as Json[] | undefined) ?? [])];
  if (!added.some(({ id }) => id === tokenizer.endOfText)) added.push(entry(tokenizer.endOfText, end));
  const id = Math.max(tokenizer.vocabSize, tokenizer.endOfText + 1);
  added.push(entry(id, classificationToken));
  const extended = { ...json, added_tokens: added, post_processor: template(id, end, tokenizer.endOfText) };
  return parseTokenizer(extended, 'the tokenizer of the classifier', { endOfText: end });
}

function entry(id: number, content: string): Json {
  return { id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
}

function template(id: number, end: string, endOfText: number): Json {
  const sequence = (name: string) => ({ Sequence: { id: name, type_id: 0 } });
  const special = (content: string) => ({ SpecialToken: { id: content, type_id: 0 } });
  return {
    type: 'TemplateProcessing',
    single: [sequence('A'), special(classificationToken)],
    pair: [sequence('A'), special(end), sequence('B'), special(classificationToken)],
    special_tokens: {
      [classificationToken]: { id: classificationToken, ids: [id], tokens: [classificationToken] },
      [end]: { id: end, ids: [endOfText], tokens: [end] },
    },
  };
}

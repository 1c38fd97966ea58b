// A text as a model reads it: its tokens, those that are put around them, and where the prediction is read.
import { encodeClassification } from '../dataset/index.js';
import { GptError } from '../errors.js';
import { classificationTokens } from '../scoring/encode.js';
import type { Session } from '../session/session.js';

export interface Reading {
  readonly ids: readonly number[];
  /** Where the next token or the label is predicted. */
  readonly position: number;
  /** The text's own tokens are at [from, to). */
  readonly from: number;
  readonly to: number;
}

/** How a token is shown. A model may have more embeddings than its tokenizer has tokens: those are shown as `<id>`. */
export function tokenText({ tokenizer }: Pick<Session, 'tokenizer'>, id: number): string {
  return id < tokenizer.vocabSize ? tokenizer.decode([id], { special: true }) : `<${id}>`;
}

/** The tokens of a text that the model has an embedding of. @throws GptError `explain/empty` when there are none */
export function knownTokens({ tokenizer, gpt }: Session, text: string): number[] {
  const ids = Array.from(tokenizer.encode(text)).filter((id) => id < gpt.config.vocabSize);
  if (ids.length === 0) throw new GptError('explain/empty', 'the text has no token that the model knows');
  return ids;
}

/** What a language model reads before a text: the end-of-text token, where it knows one. */
export function beginningOf({ tokenizer, gpt }: Session, ids: readonly number[]): number {
  return tokenizer.endOfText < gpt.config.vocabSize ? tokenizer.endOfText : ids[0]!;
}

/**
 * A text as a whole, for one prediction at its end.
 * @throws GptError `explain/empty`, and `explain/long` for more tokens than the context holds
 */
export function readingOf(session: Session, text: string): Reading {
  const { labels } = session;
  const { blockSize } = session.gpt.config;
  const own = knownTokens(session, text);
  const from = labels ? 0 : 1;
  const ids = labels ? classifiedIds(session, text) : [beginningOf(session, own), ...own];
  if (ids.length > blockSize) {
    const holds = blockSize - (ids.length - own.length);
    throw new GptError('explain/long', `the text has ${own.length} tokens, of which the context holds ${holds}`, {
      hint: 'explain a shorter text',
    });
  }
  return { ids, position: ids.length - 1, from, to: from + own.length };
}

/** As in training: the text, and the classification token where there is one. */
function classifiedIds({ tokenizer }: Session, text: string): number[] {
  const example = { kind: 'classify', place: 'the text', text } as const;
  return [
    ...encodeClassification(example, tokenizer, Number.POSITIVE_INFINITY, [], classificationTokens(tokenizer)).ids,
  ];
}

// What is to be explained: why a model predicts one thing rather than another (contrastive explanations: Yin and Neubig 2022,
// arXiv:2202.10419). The score is the difference of two logits, of labels or of next tokens.
import { nearest } from '../config/nearest.js';
import { GptError } from '../errors.js';
import type { Session } from '../session/session.js';
import { tokenText } from './reading.js';
import { largest } from './surprise.js';

export interface Contrast {
  /** Indices of logits. */
  readonly target: number;
  readonly other: number;
  /** N: how many logits there are. */
  readonly outcomes: number;
}

/** How a label or a next token is called. */
export function outcomeName(session: Session, index: number): string {
  return session.labels?.[index] ?? tokenText(session, index);
}

/** The index of what a user calls so. @throws GptError `explain/target` */
function outcomeOf(session: Session, name: string): number {
  const { labels, tokenizer, gpt } = session;
  if (labels) {
    const index = labels.indexOf(name);
    if (index >= 0) return index;
    const close = nearest(name, labels);
    throw new GptError('explain/target', `there is no label ${JSON.stringify(name)}`, {
      hint: close === undefined ? `the labels are ${labels.join(', ')}` : `did you mean ${JSON.stringify(close)}?`,
    });
  }
  const ids = Array.from(tokenizer.encode(name, { before: 'a' }));
  if (ids.length === 1 && ids[0]! < gpt.config.vocabSize) return ids[0]!;
  const parts = ids.map((id) => JSON.stringify(tokenText(session, id)));
  const what = ids.length === 0 ? 'no token' : `${ids.length} tokens, ${parts.join(' ')}`;
  throw new GptError('explain/target', `${JSON.stringify(name)} is ${what}; a target is one`, {
    hint: name.startsWith(' ')
      ? 'give one of the tokens'
      : 'in most vocabularies a word has a space before it: " word"',
  });
}

/**
 * The first target against the second, or against the most likely other; without targets the two most likely.
 * @param logits [N]
 * @throws GptError `explain/target` for one that does not exist, or twice the same; `explain/logits` for a broken model
 */
export function contrastOf(session: Session, logits: Float32Array, targets: readonly string[]): Contrast {
  if (logits.some((logit) => !Number.isFinite(logit)))
    throw new GptError('explain/logits', 'the model predicts NaN or infinity', { hint: 'the checkpoint is broken' });
  if (targets.length > 2)
    throw new GptError('explain/target', `there are ${targets.length} targets`, { hint: 'give one or two' });
  const [first, second] = targets.map((name) => outcomeOf(session, name));
  const likely = largest(logits, 2);
  const target = first ?? likely[0]!;
  const other = second ?? likely.find((index) => index !== target)!;
  if (target === other)
    throw new GptError('explain/target', `both targets are ${JSON.stringify(outcomeName(session, target))}`);
  return { target, other, outcomes: logits.length };
}

/** The difference of the two logits. */
export function scoreOf(logits: Float32Array, { target, other }: Contrast): number {
  return logits[target]! - logits[other]!;
}

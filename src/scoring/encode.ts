// Labelled examples to token ids; what does not fit or has no answer is reported. Reads no files.
import type { ChatTemplate } from '../chat/index.js';
import {
  type ChatExample,
  type ChoiceExample,
  type ClassificationTokens,
  type ClassifyExample,
  type Encoded,
  type Example,
  encodeChoice,
  encodeClassification,
  encodeInstruction,
  type Finding,
  Findings,
  type InstructExample,
} from '../dataset/index.js';
import { GptError } from '../errors.js';
import type { NoticeEvent } from '../events.js';
import { classificationToken, specialToken, type Tokenizer } from '../tokenizer/index.js';

/** A problem of the data as a line: what, how often, where first. */
export function notice({ message, count, places, hint }: Finding): NoticeEvent {
  const where =
    places[0] === undefined ? '' : count === 1 ? ` (${places[0]})` : ` (${count} times, first ${places[0]})`;
  return { event: 'notice', level: 'warning', message: `${message}${where}${hint ? `; ${hint}` : ''}` };
}

/** Where the head reads: at <|clf|> if the tokenizer knows it, else at the last token of the text (transformers' way). */
export function classificationTokens(tokenizer: Tokenizer): ClassificationTokens {
  const end = specialToken(tokenizer, classificationToken);
  return end === undefined ? {} : { end };
}

/** Encodes examples of classification or multiple choice; reports how many were truncated. */
export function* encodeTexts(
  examples: readonly Example[],
  tokenizer: Tokenizer,
  blockSize: number,
  labels: readonly string[],
): Generator<NoticeEvent, Encoded[]> {
  const ids = new Map(labels.map((label, id) => [label, id]));
  const tokens = classificationTokens(tokenizer);
  const encoded = (examples as readonly (ClassifyExample | ChoiceExample)[]).map((example) =>
    example.kind === 'choice'
      ? encodeChoice(example, tokenizer, blockSize, tokens)
      : encodeClassification(example, tokenizer, blockSize, ids, tokens),
  );
  const cut = encoded.filter((example) => example.cut !== 'nothing').length;
  if (cut > 0) {
    const message = `${cut} of ${encoded.length} texts are longer than the context of ${blockSize} tokens; their end is cut`;
    yield { event: 'notice', level: 'warning', message };
  }
  return encoded;
}

/**
 * Encodes instructions; reports how many were truncated, and skips those that nothing can be learned from.
 * @param chat of conversations: the template that renders them
 * @throws GptError `data/no-answer` when none is left
 */
export function* encodeAnswers(
  examples: readonly Example[],
  tokenizer: Tokenizer,
  blockSize: number,
  template: string,
  chat?: ChatTemplate,
): Generator<NoticeEvent, Encoded[]> {
  const encoded: Encoded[] = [];
  const findings = new Findings();
  for (const example of examples as readonly (InstructExample | ChatExample)[]) {
    const result = encodeInstruction(example, tokenizer, blockSize, template, chat);
    const { place } = example;
    if ('skipped' in result || result.targets.every((target) => target < 0)) {
      const why = 'skipped' in result ? result.skipped : 'nothing of the answer fits';
      findings.add({ severity: 'warning', code: 'no-answer', message: `${why}; the row is skipped`, place });
      continue;
    }
    if (result.cut !== 'nothing') {
      const message = `longer than the context of ${blockSize} tokens; the ${result.cut} is cut`;
      findings.add({ severity: 'warning', code: `cut-${result.cut}`, message, place });
    }
    encoded.push({ ...result, place });
  }
  for (const finding of findings.list()) yield notice(finding);
  if (encoded.length === 0 && examples.length > 0) {
    throw new GptError('data/no-answer', `none of ${examples.length} rows has an answer to learn from`, {
      hint: 'check the column of the completion, and --block-size',
    });
  }
  return encoded;
}

/** Tokens that the examples have, padding not counted. */
export function tokensOf(examples: readonly Encoded[]): number {
  return examples.reduce((sum, { ids }) => sum + ids.length, 0);
}

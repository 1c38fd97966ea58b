// From a labelled file or folder to encoded examples: reads it, tells what it is for and what is wrong with it, keeps a
// part for validation.

import type { FinetuneConfig } from '../config/index.js';
import {
  type ChatExample,
  type ClassificationTokens,
  type ClassifyExample,
  checkTemplate,
  defaultTemplate,
  type Encoded,
  type Example,
  encodeClassification,
  encodeInstruction,
  type Finding,
  Findings,
  holdOut,
  type InstructExample,
  type LabelledData,
  quickChecks,
  readLabelled,
} from '../dataset/index.js';
import { GptError } from '../errors.js';
import { hash32 } from '../rng.js';
import { classificationToken, specialToken, type Tokenizer } from '../tokenizer/index.js';
import type { NoticeEvent, RunEvent } from './events.js';
import { phase } from './phase.js';

type Settings = Pick<
  FinetuneConfig,
  'task' | 'textColumn' | 'labelColumn' | 'promptTemplate' | 'limit' | 'valSplit' | 'seed'
>;

/** Labelled data as text, in two parts. */
export interface LabelledTexts {
  readonly data: LabelledData;
  readonly train: readonly Example[];
  /** Empty where `--val-split 0` and no file leaves nothing. */
  readonly validation: readonly Example[];
  /** Of instructions: how columns make a prompt. */
  readonly template: string;
}

/** `a,b` names two columns: a pair of texts. */
export function columnsOf({ textColumn, labelColumn }: Pick<Settings, 'textColumn' | 'labelColumn'>) {
  return {
    ...(textColumn !== null && { textColumns: textColumn.split(',').map((name) => name.trim()) }),
    ...(labelColumn !== null && { labelColumn }),
  };
}

/**
 * Reads the data, says what was decided, and runs the cheap checks of `data check`.
 * @throws GptError `data/...` for the first error in it
 */
export async function* readLabelledTexts(
  path: string,
  settings: Settings,
  signal: AbortSignal | undefined,
): AsyncGenerator<RunEvent, LabelledTexts> {
  const { task, limit, valSplit, seed, promptTemplate } = settings;
  const chosen = { task, ...columnsOf(settings), ...(limit !== null && { limit }), signal };
  const data = yield* phase('reading the data', () => readLabelled(path, chosen));
  yield { event: 'notice', level: 'info', message: `${data.reason}` };
  for (const finding of data.warnings) yield notice(finding);
  const findings = new Findings();
  quickChecks(data, (problem) => findings.add(problem));
  for (const finding of findings.list()) {
    if (finding.severity === 'error') {
      throw new GptError(`data/${finding.code}`, finding.message, finding.hint ? { hint: finding.hint } : {});
    }
    yield notice(finding);
  }
  const { train: all, validation } = data.splits;
  if (!all) {
    throw new GptError('data/no-train', `${path} has no training data`, { hint: 'a folder has train, valid and test' });
  }
  const template = promptTemplate?.replaceAll('\\n', '\n') ?? defaultTemplate(data.columns);
  if (promptTemplate !== null) checkTemplate(template, data.columns, data.names);
  if (validation) return { data, train: all, validation, template };
  const held = holdOut(all, valSplit, seed);
  if (held.validation.length > 0) {
    const message = `${held.validation.length} of ${all.length} examples are kept for validation (--val-split ${valSplit})`;
    yield { event: 'notice', level: 'info', message };
  }
  return { data, ...held, template };
}

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

/** Encodes classification examples; tells how many were cut. */
export function* encodeTexts(
  examples: readonly Example[],
  tokenizer: Tokenizer,
  blockSize: number,
  labels: readonly string[],
): Generator<NoticeEvent, Encoded[]> {
  const ids = new Map(labels.map((label, id) => [label, id]));
  const tokens = classificationTokens(tokenizer);
  const encoded = (examples as readonly ClassifyExample[]).map((example) =>
    encodeClassification(example, tokenizer, blockSize, ids, tokens),
  );
  const cut = encoded.filter((example) => example.cut !== 'nothing').length;
  if (cut > 0) {
    const message = `${cut} of ${encoded.length} texts are longer than the context of ${blockSize} tokens; their end is cut`;
    yield { event: 'notice', level: 'warning', message };
  }
  return encoded;
}

/**
 * Encodes instructions; tells how many were cut, and leaves out those that nothing can be learned from.
 * @throws GptError `data/no-answer` when none is left
 */
export function* encodeAnswers(
  examples: readonly Example[],
  tokenizer: Tokenizer,
  blockSize: number,
  template: string,
): Generator<NoticeEvent, Encoded[]> {
  const encoded: Encoded[] = [];
  const findings = new Findings();
  for (const example of examples as readonly (InstructExample | ChatExample)[]) {
    const result = encodeInstruction(example, tokenizer, blockSize, template);
    const { place } = example;
    if ('skipped' in result || result.targets.every((target) => target < 0)) {
      const why = 'skipped' in result ? result.skipped : 'nothing of the answer fits';
      findings.add({ severity: 'warning', code: 'no-answer', message: `${why}; the row is left out`, place });
      continue;
    }
    if (result.cut !== 'nothing') {
      const message = `longer than the context of ${blockSize} tokens; the ${result.cut} is cut`;
      findings.add({ severity: 'warning', code: `cut-${result.cut}`, message, place });
    }
    encoded.push(result);
  }
  for (const finding of findings.list()) yield notice(finding);
  if (encoded.length === 0 && examples.length > 0) {
    throw new GptError('data/no-answer', `none of ${examples.length} rows has an answer to learn from`, {
      hint: 'check the column of the completion, and --block-size',
    });
  }
  return encoded;
}

/** One number for all that a model is taught: another number, other data. */
export function fingerprintOf(examples: readonly Encoded[]): number {
  let key = examples.length;
  for (const { ids, targets, label } of examples) key = hash32(key, label, ...ids, ...targets.subarray(-1));
  return key;
}

/** Tokens that the examples have, padding not counted. */
export function tokensOf(examples: readonly Encoded[]): number {
  return examples.reduce((sum, { ids }) => sum + ids.length, 0);
}

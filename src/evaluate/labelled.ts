// Scores labelled data with a model: labels with a classifier, completions with any language model.
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { chatTemplateOf, endsOf } from '../chat/index.js';
import {
  checkTemplate,
  decideTask,
  defaultTemplate,
  type Encoded,
  type Example,
  findSplits,
  isTable,
  type LabelledData,
  openTable,
  readLabelled,
  throwing,
} from '../dataset/index.js';
import { GptError } from '../errors.js';
import type { EvaluationEvent } from '../events.js';
import { scoresChoices } from '../model/index.js';
import { answerBytes, answerScorer } from '../scoring/answers.js';
import { textsInBatch } from '../scoring/batch-size.js';
import { ClassifierModel, measure } from '../scoring/classifier-model.js';
import { encodeAnswers, encodeTexts, notice, tokensOf } from '../scoring/encode.js';
import { countUnseen, unseenText } from '../scoring/unseen-characters.js';
import { phase } from '../session/phase.js';
import type { Session } from '../session/session.js';
import { compareWritten } from './compare-written.js';
import type { LabelledColumns } from './labelled-columns.js';

/** Which file of the data is scored: of a folder the test data, else the validation data, else the training data. */
function fileOf(path: string): string {
  const { train, validation, test } = findSplits(path);
  return test ?? validation ?? train!;
}

/**
 * What the data is for, if this is not for the scoring of text: labels where the model has some, else completions.
 * @throws GptError `data/...` where a classifier is given data without labels
 */
export async function labelledTask(
  inputs: readonly string[],
  labels: readonly string[] | undefined,
  choice: LabelledColumns,
): Promise<{ readonly file: string; readonly task: LabelledEvaluation['task'] } | undefined> {
  const [path] = inputs;
  if (inputs.length !== 1 || path === undefined || path === '-') return undefined;
  if (!isTable(path)) return undefined;
  const file = fileOf(path);
  const table = await openTable(
    file,
    throwing(() => {}),
  );
  try {
    const decide = (wanted: 'auto' | 'classify' | 'choice') =>
      decideTask(table.columns, { ...columnsChosen(choice), task: wanted, name: file }).task;
    if (!labels) return decide('auto') === 'instruct' ? { file, task: 'instruct' } : undefined;
    const task = scoresChoices(labels) ? 'choice' : 'classify';
    if (task === 'classify' && decide('auto') === 'choice') throw notForChoices(file, labels);
    decide(task); // throws where its columns are missing, before the model is loaded
    return { file, task };
  } catch (error) {
    if (labels || !(error instanceof GptError)) throw error;
    return undefined; // the file as text
  } finally {
    await table.close();
  }
}

function columnsChosen({ textColumns, labelColumn }: LabelledColumns) {
  return { ...(textColumns && { textColumns }), ...(labelColumn !== undefined && { labelColumn }) };
}

export interface LabelledEvaluation {
  readonly session: Session;
  readonly file: string;
  readonly task: 'classify' | 'choice' | 'instruct';
  readonly choice: LabelledColumns;
  /** Only the first rows. */
  readonly limit?: number | undefined;
  /** Tokens of a written answer at most; without it none is written. */
  readonly maxNewTokens?: number | undefined;
  /** The checkpoint's folder: the run it lies in knows the template. */
  readonly directory: string;
  readonly signal: AbortSignal | undefined;
}

/** Yields one `result`: labelled data with accuracy and confusion, completions with perplexity. */
export async function* evaluateLabelled(evaluation: LabelledEvaluation): AsyncGenerator<EvaluationEvent> {
  const { file, task, choice, limit, signal } = evaluation;
  const options = { task, ...columnsChosen(choice), signal, ...(limit !== undefined && { limit }) };
  const data = yield* phase('reading the data', () => readLabelled(file, options));
  yield { event: 'notice', level: 'info', message: `${file}: ${data.reason}` };
  for (const finding of data.warnings) yield notice(finding);
  if (task === 'instruct') yield* evaluateAnswers(evaluation, data);
  else yield* evaluateLabels(evaluation, data.splits.train!);
}

async function* evaluateLabels(
  { session, file, signal }: LabelledEvaluation,
  examples: readonly Example[],
): AsyncGenerator<EvaluationEvent> {
  const labels = session.labels!;
  const { blockSize } = session.gpt.config;
  const encoded = yield* encodeTexts(examples, session.tokenizer, blockSize, labels);
  const unknown = unknownLabels(examples, labels);
  if (encoded.every(({ label }) => label < 0)) {
    throw new GptError('eval/labels', `${file} has none of the labels of the model: ${labels.join(', ')}`, {
      hint: 'name another column with --label-column',
    });
  }
  const unseenCharacters = countUnseen(
    session.tokenizer,
    encoded.map(({ ids }) => ids),
  );
  if (unseenCharacters > 0) yield { event: 'notice', level: 'warning', message: unseenText(unseenCharacters) };
  const names = [...unknown.keys()];
  const place = new Map(names.map((name, index) => [name, labels.length + index]));
  const unknownRows = [...unknown.values()].reduce((sum, rows) => sum + rows, 0);
  if (unknownRows > 0) {
    const message = `${unknownRows} of ${encoded.length} rows have a label that the model does not know (${countsOf(unknown)}); they count as wrong`;
    yield { event: 'notice', level: 'warning', message };
  }
  const batchSize = Math.min(64, encoded.length);
  const model = new ClassifierModel(session.classifier!, (step) => session.compile(step), batchSize);
  const predictions = yield* phase('scoring', (report) =>
    model.predict(encoded, { signal, report: (done) => report(done, encoded.length) }),
  );
  signal?.throwIfAborted();
  const truth = encoded.map(({ label }, i) => (label >= 0 ? label : place.get(labelOf(examples[i]!))!));
  const { loss, accuracy, macroF1, confusion } = measure(predictions!, truth, names.length);
  const measured = { loss, perplexity: Math.exp(loss), bitsPerByte: Number.NaN, tokens: tokensOf(encoded) };
  yield {
    event: 'result',
    ...measured,
    ...(unseenCharacters > 0 && { unseenCharacters }),
    examples: encoded.length,
    accuracy,
    macroF1,
    confusion,
    labels: unknownRows > 0 ? [...labels, ...names] : namesOf(labels, confusion.length),
    ...(unknownRows > 0 && { unknownLabels: Object.fromEntries(unknown) }),
  };
}

/** `"z": 3, "y": 1`, the commonest first. */
function countsOf(unknown: ReadonlyMap<string, number>): string {
  const sorted = [...unknown].sort((a, b) => b[1] - a[1]);
  const shown = sorted.slice(0, 12).map(([label, rows]) => `${JSON.stringify(label)}: ${rows}`);
  return shown.join(', ') + (sorted.length > shown.length ? ` and ${sorted.length - shown.length} more` : '');
}

const labelOf = (example: Example) => (example.kind === 'classify' ? (example.label ?? '') : '');

/** Rows of each label that the model does not know. Of multiple choice there are none: labels are numbers of choices. */
function unknownLabels(examples: readonly Example[], labels: readonly string[]): Map<string, number> {
  const unknown = new Map<string, number>();
  if (scoresChoices(labels)) return unknown;
  const known = new Set(labels);
  for (const label of examples.map(labelOf).sort()) {
    if (!known.has(label)) unknown.set(label, (unknown.get(label) ?? 0) + 1);
  }
  return unknown;
}

/** The labels; of multiple choice the numbers of the choices, from 0. */
function namesOf(labels: readonly string[], count: number): readonly string[] {
  return scoresChoices(labels) ? Array.from({ length: count }, (_, choice) => String(choice)) : labels;
}

/** A classifier with labels is given questions with choices. */
function notForChoices(file: string, labels: readonly string[]): GptError {
  return new GptError('data/choices', `${file} is multiple choice, and the model has the labels ${labels.join(', ')}`, {
    hint: 'name the columns of a text and a label with --text-column and --label-column',
  });
}

async function* evaluateAnswers(
  { session, directory, choice, maxNewTokens, signal }: LabelledEvaluation,
  data: LabelledData,
): AsyncGenerator<EvaluationEvent> {
  const { gpt, tokenizer } = session;
  const { blockSize, vocabSize } = gpt.config;
  const { promptTemplate } = choice;
  if (promptTemplate !== undefined) checkTemplate(promptTemplate, data.columns, data.names);
  const template = promptTemplate ?? (await templateOf(directory)) ?? defaultTemplate(data.columns);
  const rows = data.splits.train!;
  const chat = rows.some(({ kind }) => kind === 'chat') ? await chatTemplateOf(directory, tokenizer) : undefined;
  const all = yield* encodeAnswers(rows, tokenizer, blockSize, template, chat);
  const unseenCharacters = countUnseen(tokenizer, all.map(wholeOf));
  if (unseenCharacters > 0) yield { event: 'notice', level: 'warning', message: unseenText(unseenCharacters) };
  const examples = all.map((example) => withoutUnknown(example, vocabSize));
  const score = answerScorer(
    session,
    textsInBatch(
      gpt.config,
      examples.map(({ ids }) => ids.length),
    ),
  );
  const sums = yield* phase('scoring', (report) =>
    score(examples, { signal, report: (done) => report(done, examples.length) }),
  );
  signal?.throwIfAborted();
  const { lossSum, count } = sums!;
  const loss = lossSum / count;
  const bitsPerByte = lossSum / Math.LN2 / answerBytes(examples, tokenizer);
  const written =
    maxNewTokens !== undefined &&
    (yield* compareWritten(session, rows, examples, { maxNewTokens, ends: chat && (await endsOf(directory)), signal }));
  yield {
    event: 'result',
    ...{ loss, perplexity: Math.exp(loss), bitsPerByte, tokens: count },
    ...(unseenCharacters > 0 && { unseenCharacters }),
    examples: examples.length,
    ...written,
  };
}

/** All ids of an example: what is read, and the last one, which is only a target. */
const wholeOf = ({ ids, targets }: Encoded) => Int32Array.of(...ids, ...targets.subarray(-1));

/** Ids that a model has no row for (characters that it never met) are not read and not scored. */
function withoutUnknown(example: Encoded, vocabSize: number): Encoded {
  if (example.ids.every((id) => id < vocabSize) && example.targets.every((id) => id < vocabSize)) return example;
  return {
    ...example,
    ids: example.ids.map((id) => (id < vocabSize ? id : 0)),
    targets: example.targets.map((id) => (id < vocabSize ? id : -1)),
  };
}

/** The template of the run that a checkpoint lies in. */
export async function templateOf(directory: string): Promise<string | undefined> {
  try {
    const record = JSON.parse(await readFile(join(dirname(directory), 'config.json'), 'utf8')) as {
      format?: string;
      template?: string;
    };
    return record.format === 'gpt-cli-run' ? record.template : undefined;
  } catch {
    return undefined;
  }
}

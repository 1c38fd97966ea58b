// From a labelled file or folder to encoded examples: reads it, tells what it is for and what is wrong with it, keeps a
// part for validation.

import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import type { FinetuneConfig } from '../config/index.js';
import {
  type ChatExample,
  type ChoiceExample,
  type ClassificationTokens,
  type ClassifyExample,
  checkTemplate,
  defaultTemplate,
  type Encoded,
  type Example,
  encodeChoice,
  encodeClassification,
  encodeInstruction,
  type Finding,
  Findings,
  holdOut,
  type InstructExample,
  isTable,
  PieceCutter,
  quickChecks,
  readLabelled,
  readTexts,
  type SplitRule,
  splitRule,
  type Task,
  type TextExample,
  unknownBytes,
} from '../dataset/index.js';
import { GptError } from '../errors.js';
import type { NoticeEvent, RunEvent } from '../events.js';
import { hash32 } from '../rng.js';
import { phase } from '../session/phase.js';
import { classificationToken, specialToken, type Tokenizer } from '../tokenizer/index.js';

type Settings = Pick<
  FinetuneConfig,
  'task' | 'textColumn' | 'labelColumn' | 'promptTemplate' | 'limit' | 'valSplit' | 'seed'
>;

/** Labelled data as text, in two parts. */
export interface LabelledTexts {
  readonly task: Task;
  /** Why it is that: one sentence. */
  readonly reason: string;
  /** Of classification: every label. */
  readonly labels: readonly string[];
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
 * @param rule how a part is held out; a resumed run keeps that which it began with
 * @throws GptError `data/...` for the first error in it
 */
export async function* readLabelledTexts(
  path: string,
  settings: Settings,
  signal: AbortSignal | undefined,
  rule: SplitRule = splitRule,
): AsyncGenerator<RunEvent, LabelledTexts> {
  const { task, limit, valSplit, seed, promptTemplate } = settings;
  if (!isTable(path) && (task === 'text' || task === 'auto') && existsSync(path)) {
    return yield* readPlainTexts(path, settings, signal);
  }
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
  const facts = { task: data.task, reason: data.reason, labels: data.labels, template };
  if (validation) return { ...facts, train: all, validation };
  // Of few long texts a whole one would be far more than the part that is asked for: there the end of the text is held out.
  const byTokens = data.task === 'text' && (rule === 1 || all.length * valSplit < 1);
  if (byTokens || valSplit === 0) return { ...facts, train: all, validation: [] };
  const { grouped, ...held } = holdOut(all, valSplit, seed, rule);
  yield heldOutNotice(held.validation.length, all.length, valSplit, rule === 2 ? grouped : 0);
  return { ...facts, ...held };
}

function heldOutNotice(held: number, all: number, valSplit: number, grouped: number): NoticeEvent {
  if (held === 0) {
    const message = 'no row is held out for validation: every label would need two distinct texts';
    return { event: 'notice', level: 'warning', message };
  }
  const message = `${held} of ${all} examples are held out for validation (--val-split ${valSplit})`;
  const copies = `${grouped} rows share their text with another row; copies stay on one side of the split`;
  return { event: 'notice', level: 'info', message: grouped > 0 ? `${message}; ${copies}` : message };
}

/** Characters of a document after which another example begins: a string has at most 2^29. */
const longestExample = 1 << 24;

/** Text files, which hold documents and no columns. */
async function* readPlainTexts(
  path: string,
  { limit }: Settings,
  signal: AbortSignal | undefined,
): AsyncGenerator<RunEvent, LabelledTexts> {
  const train = yield* phase('reading the text', async () => {
    const examples: TextExample[] = [];
    const cutter = new PieceCutter();
    let document = 1;
    let text = '';
    for await (const piece of readTexts([path], { signal })) {
      for (const safe of cutter.push(piece.text)) {
        text += safe;
        if (text.length < longestExample) continue;
        examples.push({ kind: 'text', place: `document ${document}`, text, continues: true });
        text = '';
      }
      if (!piece.endOfDocument) continue;
      text += cutter.flush();
      if (examples.at(-1)?.continues || text.trim() !== '') {
        examples.push({ kind: 'text', place: `document ${document}`, text });
        document++;
      }
      text = '';
      if (document > (limit ?? Number.POSITIVE_INFINITY)) break;
    }
    return examples;
  });
  const reason = `continued text: ${path} has no columns`;
  yield { event: 'notice', level: 'info', message: reason };
  return { task: 'text', reason, labels: [], train, validation: [], template: '' };
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

/** Encodes examples of classification or multiple choice; tells how many were cut. */
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
      findings.add({ severity: 'warning', code: 'no-answer', message: `${why}; the row is skipped`, place });
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

/** Documents one after the other, <|endoftext|> after each, in blocks; every token but the first is a target once. */
export function encodeDocuments(examples: readonly Example[], tokenizer: Tokenizer, blockSize: number): Encoded[] {
  const blocks: Encoded[] = [];
  let open: number[] = [];
  let unknown = 0;
  let before = ''; // the end of a document's last piece
  const cut = (length: number) => {
    const tokens = Int32Array.from(open.slice(0, length + 1));
    const encoded = {
      ids: tokens.subarray(0, length),
      targets: tokens.subarray(1),
      label: -1,
      cut: 'nothing',
    } as const;
    blocks.push(unknown > 0 ? { ...encoded, unknownBytes: unknown } : encoded);
    unknown = 0;
    open = open.slice(length); // the last target is the first id of what follows
  };
  for (const example of examples as readonly TextExample[]) {
    const ids = tokenizer.encode(example.text, { before });
    for (const id of ids) {
      open.push(id);
      if (open.length > blockSize) cut(blockSize);
    }
    unknown += unknownBytes(tokenizer, example.text, ids);
    before = example.continues ? example.text.slice(-2) : '';
    if (example.continues) continue;
    open.push(tokenizer.endOfText);
    if (open.length > blockSize) cut(blockSize);
  }
  if (open.length > 1) cut(open.length - 1);
  return blocks;
}

/** The end of the blocks for validation, at least one where there are two. */
export function splitBlocks(blocks: readonly Encoded[], valSplit: number): { train: Encoded[]; validation: Encoded[] } {
  const wanted = valSplit === 0 ? 0 : Math.max(1, Math.round(blocks.length * valSplit));
  const kept = blocks.length - Math.min(wanted, blocks.length - 1);
  return { train: blocks.slice(0, kept), validation: blocks.slice(kept) };
}

/**
 * SHA-256, in hexadecimal, of all that a run is trained and validated on: every token, target and label of both parts, the
 * names of the labels, the template of prompts.
 */
export function hashOf({
  train,
  validation,
  labels = [],
  template,
}: {
  readonly train: readonly Encoded[];
  readonly validation: readonly Encoded[];
  readonly labels?: readonly string[] | undefined;
  readonly template: string;
}): string {
  const hash = createHash('sha256').update(JSON.stringify([labels, template, train.length, validation.length]));
  for (const { ids, targets, label } of [...train, ...validation]) {
    hash.update(Int32Array.of(ids.length, targets.length, label));
    hash.update(Int32Array.from(ids)).update(Int32Array.from(targets));
  }
  return hash.digest('hex');
}

/** What runs recorded before `hashOf`: the training rows, without where an answer begins. */
export function fingerprintOf(examples: readonly Encoded[]): number {
  let key = examples.length;
  for (const { ids, targets, label } of examples) key = hash32(key, label, ...ids, ...targets.subarray(-1));
  return key;
}

/** Tokens that the examples have, padding not counted. */
export function tokensOf(examples: readonly Encoded[]): number {
  return examples.reduce((sum, { ids }) => sum + ids.length, 0);
}

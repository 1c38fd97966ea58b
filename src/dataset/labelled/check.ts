// The linter behind `gpt-cli data check`: reads everything, stops at nothing, and says what would hurt the training.
import { type ChatTemplate, chatTemplateOf } from '../../chat/index.js';
import { GptError } from '../../errors.js';
import type { Tokenizer } from '../../tokenizer/types.js';
import { endingOf } from '../ending.js';
import { textExtensions } from '../sources.js';
import { readTexts } from '../texts.js';
import type { Columns, Task } from './columns.js';
import { encodeChoice, encodeClassification, encodeInstruction } from './encode.js';
import type { Example } from './examples.js';
import { type LabelledData, type ReadLabelledOptions, readSplits } from './labelled.js';
import { type Finding, Findings, type Report } from './problems.js';
import { answerOf, countLabels, questionOf, quickChecks } from './quick-checks.js';
import type { SplitName } from './splits.js';
import { tableExtensions } from './table.js';
import { checkTemplate, defaultTemplate, renderPrompt } from './template.js';

export interface CheckOptions extends ReadLabelledOptions {
  /** With both of these, rows that do not fit into a block are found as well. */
  readonly tokenizer?: Tokenizer;
  readonly blockSize?: number;
  readonly template?: string;
  /** Of conversations, for their lengths. */
  readonly chat?: ChatTemplate;
}

export interface SplitReport {
  readonly name: SplitName;
  readonly file: string;
  /** Usable rows. */
  readonly rows: number;
  /** Rows of each label. */
  readonly labels: Readonly<Record<string, number>>;
  /** UTF-16 units of the texts: shortest, middle, longest. */
  readonly characters: { readonly shortest: number; readonly median: number; readonly longest: number };
}

export interface DataReport {
  /** Missing where the columns were not understood. */
  readonly task?: Task;
  readonly reason?: string;
  readonly columns?: Columns;
  readonly splits: readonly SplitReport[];
  /** Errors first. */
  readonly findings: readonly Finding[];
}

/** Reads a data set to its end and reports all that is wrong with it; throws only when `signal` aborts. */
export async function checkData(path: string, options: CheckOptions = {}): Promise<DataReport> {
  const findings = new Findings();
  const report: Report = (problem) => findings.add(problem);
  let data: Omit<LabelledData, 'warnings'>;
  try {
    if (isPlainText(path)) return { task: 'text', ...(await checkText(path, options)) };
    data = await readSplits(path, options, report);
    if (options.template !== undefined) checkTemplate(options.template, data.columns, data.names);
  } catch (error) {
    if (!(error instanceof GptError)) throw error;
    const code = error.code.slice(error.code.indexOf('/') + 1);
    report({ severity: 'error', code, message: error.message, ...(error.hint && { hint: error.hint }) });
    return { splits: [], findings: findings.list() };
  }
  quickChecks(data, report);
  const template = options.template ?? defaultTemplate(data.columns);
  for (const examples of Object.values(data.splits)) checkTexts(examples, template, report);
  if (options.tokenizer && options.blockSize) {
    const { tokenizer, blockSize } = options;
    const chat = options.chat ?? (await chatTemplateOf(undefined, tokenizer));
    checkLengths(data, { tokenizer, blockSize, template, chat }, report);
  }
  const { task, reason, columns } = data;
  const splits = (Object.entries(data.splits) as [SplitName, Example[]][]).map(([name, examples]) =>
    describe(name, data.files[name]!, examples),
  );
  return { task, reason, columns, splits, findings: findings.list() };
}

function isPlainText(path: string): boolean {
  return textExtensions.includes(endingOf(path)) && !tableExtensions.includes(endingOf(path));
}

/** Text without columns: that it can be read, and how long its documents are. */
async function checkText(path: string, { signal }: CheckOptions): Promise<Omit<DataReport, 'task'>> {
  const lengths: number[] = [];
  let length = 0;
  for await (const { text, endOfDocument } of readTexts([path], { signal })) {
    length += text.length;
    if (!endOfDocument) continue;
    lengths.push(length);
    length = 0;
  }
  const split = { name: 'train', file: path, rows: lengths.length, labels: {}, characters: spread(lengths) } as const;
  return { reason: 'plain text: documents to pretrain on', splits: [split], findings: [] };
}

/** Letters of scripts that put blanks between words. */
const spaced = /^[\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}]/u;

/** Marks of text that was decoded wrongly before it came here. */
function checkTexts(examples: readonly Example[], template: string, report: Report): void {
  for (const example of examples) {
    const text = `${questionOf(example)}\n${answerOf(example)}`;
    const { place } = example;
    if (text.includes('\ufffd')) {
      report({
        severity: 'warning',
        code: 'replacement-character',
        message: 'U+FFFD in the text: it was decoded wrongly once',
        place,
      });
    } else if (/Ã[\u0080-\u00bf]|â€[\u0080-\u024f\u2000-\u22ff]/.test(text)) {
      report({
        severity: 'warning',
        code: 'mojibake',
        message: 'UTF-8 read as Windows-1252, such as "Ã©" for "é"',
        place,
      });
    }
    if (
      example.kind === 'instruct' &&
      /\S$/.test(renderPrompt(template, example.fields)) &&
      spaced.test(example.completion)
    ) {
      const message = 'prompt and completion meet without a blank or line end between them';
      report({
        severity: 'warning',
        code: 'no-blank',
        message,
        place,
        hint: 'end the prompt with a line end, or begin the completion with a blank',
      });
    }
  }
}

type LengthOptions = Required<Pick<CheckOptions, 'tokenizer' | 'blockSize' | 'template' | 'chat'>>;

function checkLengths(
  data: Omit<LabelledData, 'warnings'>,
  { tokenizer, blockSize, template, chat }: LengthOptions,
  report: Report,
): void {
  const labels = new Map(data.labels.map((label, index) => [label, index]));
  for (const example of Object.values(data.splits).flat()) {
    const { place } = example;
    if (example.kind === 'text') continue;
    const encoded =
      example.kind === 'classify'
        ? encodeClassification(example, tokenizer, blockSize, labels)
        : example.kind === 'choice'
          ? encodeChoice(example, tokenizer, blockSize)
          : encodeInstruction(example, tokenizer, blockSize, template, chat);
    if ('skipped' in encoded) {
      report({ severity: 'warning', code: 'no-answer', message: `${encoded.skipped}; the row is skipped`, place });
    } else if (encoded.cut !== 'nothing') {
      const message = `longer than the block of ${blockSize} tokens; the ${encoded.cut} is cut`;
      report({
        severity: 'warning',
        code: `cut-${encoded.cut}`,
        message,
        place,
        hint: 'a larger --block-size keeps it',
      });
    }
  }
}

function describe(name: SplitName, file: string, examples: readonly Example[]): SplitReport {
  const characters = spread(examples.map((example) => questionOf(example).length));
  return { name, file, rows: examples.length, labels: countLabels(examples), characters };
}

function spread(lengths: readonly number[]): SplitReport['characters'] {
  const sorted = Float64Array.from(lengths).sort();
  return { shortest: sorted[0] ?? 0, median: sorted[sorted.length >> 1] ?? 0, longest: sorted.at(-1) ?? 0 };
}

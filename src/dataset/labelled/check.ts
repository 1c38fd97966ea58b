// The linter behind `gpt-cli data check`: reads everything, stops at nothing, and says what would hurt the training.
import { GptError } from '../../errors.js';
import type { Tokenizer } from '../../tokenizer/types.js';
import { quoteList } from '../nearest.js';
import type { Columns, Task } from './columns.js';
import { encodeClassification, encodeInstruction } from './encode.js';
import type { Example } from './examples.js';
import { type LabelledData, labelsOf, type ReadLabelledOptions, readSplits } from './labelled.js';
import { type Finding, Findings, type Report } from './problems.js';
import type { SplitName } from './splits.js';
import { defaultTemplate, renderPrompt } from './template.js';

export interface CheckOptions extends ReadLabelledOptions {
  /** With both of these, rows that do not fit into a block are found as well. */
  readonly tokenizer?: Tokenizer;
  readonly blockSize?: number;
  readonly template?: string;
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
    data = await readSplits(path, options, report);
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
    checkLengths(data, options.tokenizer, options.blockSize, template, report);
  }
  const { task, reason, columns } = data;
  const splits = (Object.entries(data.splits) as [SplitName, Example[]][]).map(([name, examples]) =>
    describe(name, data.files[name]!, examples),
  );
  return { task, reason, columns, splits, findings: findings.list() };
}

/** The checks that cost little, which finetuning runs by itself: labels, imbalance, duplicates. */
export function quickChecks(data: Pick<LabelledData, 'splits' | 'labels' | 'task'>, report: Report): void {
  for (const [name, examples] of Object.entries(data.splits)) {
    if (examples.length === 0)
      report({ severity: 'error', code: 'no-rows', message: `the ${name} data has no usable rows` });
  }
  if (data.task === 'classify') checkLabels(data, report);
  checkDuplicates(data.splits, report);
}

function checkLabels({ splits, labels }: Pick<LabelledData, 'splits' | 'labels'>, report: Report): void {
  const train = splits.train ?? [];
  const counts = countLabels(train);
  const trained = Object.keys(counts);
  if (train.length > 0 && trained.length < 2) {
    report({
      severity: 'error',
      code: 'one-label',
      message: `all training rows have the label ${quoteList(trained)}`,
      hint: 'there is nothing to tell apart',
    });
  }
  for (const name of ['validation', 'test'] as const) {
    const unseen = train.length === 0 ? [] : labelsOf(splits[name] ?? []).filter((label) => !trained.includes(label));
    if (unseen.length > 0) {
      const message = `${quoteList(unseen)} ${unseen.length === 1 ? 'is a label' : 'are labels'} of the ${name} data only; the model cannot learn ${unseen.length === 1 ? 'it' : 'them'}`;
      report({ severity: 'warning', code: `label-only-in-${name}`, message });
    }
  }
  if (train.length >= 20 && trained.length > train.length / 2) {
    report({
      severity: 'warning',
      code: 'many-labels',
      message: `${trained.length} labels in ${train.length} rows: is that the column of the labels?`,
      hint: 'name another with --label-column',
    });
    return;
  }
  const sorted = Object.entries(counts).sort((a, b) => b[1] - a[1]);
  const [most, least] = [sorted[0], sorted.at(-1)];
  if (most && least && most[1] >= 5 * least[1] && trained.length > 1) {
    const message = `imbalance: ${most[1]} rows of ${JSON.stringify(most[0])}, ${least[1]} of ${JSON.stringify(least[0])}`;
    report({
      severity: 'warning',
      code: 'imbalance',
      message,
      hint: '--balance weighs the labels; look at macro F1, not at accuracy',
    });
  }
  const plain = new Map<string, string>();
  for (const label of labels) {
    const key = label.toLowerCase().replace(/[\s_-]+/g, ' ');
    const other = plain.get(key);
    if (other !== undefined)
      report({
        severity: 'warning',
        code: 'similar-labels',
        message: `${quoteList([other, label])} look like one label written in two ways`,
      });
    plain.set(key, label);
  }
}

function countLabels(examples: readonly Example[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const example of examples) {
    if (example.kind === 'classify' && example.label !== undefined)
      counts[example.label] = (counts[example.label] ?? 0) + 1;
  }
  return counts;
}

/** What the model is given of an example, without what it is to answer. */
function questionOf(example: Example): string {
  switch (example.kind) {
    case 'classify':
      return example.second === undefined ? example.text : `${example.text}\n${example.second}`;
    case 'instruct':
      return Object.values(example.fields).join('\n');
    case 'chat':
      return example.messages.map(({ content }) => content).join('\n');
    case 'text':
      return example.text;
  }
}

function answerOf(example: Example): string {
  return example.kind === 'classify' ? (example.label ?? '') : example.kind === 'instruct' ? example.completion : '';
}

function checkDuplicates(splits: LabelledData['splits'], report: Report): void {
  const seen = new Map<string, { name: string; place: string; answer: string }>();
  for (const name of ['train', 'validation', 'test'] as const) {
    for (const example of splits[name] ?? []) {
      const question = questionOf(example).trim().replace(/\s+/g, ' ');
      const answer = answerOf(example);
      const first = seen.get(question);
      if (first === undefined) {
        seen.set(question, { name, place: example.place, answer });
        continue;
      }
      const { place } = example;
      if (first.name !== name) {
        const message = `a row of the ${name} data is in the ${first.name} data too (${first.place}): the measured quality will be too good`;
        report({ severity: 'warning', code: `${name}-in-${first.name}`, message, place });
      } else if (example.kind === 'classify' && first.answer !== answer) {
        const message = `the same text has the label ${quoteList([first.answer])} at ${first.place} and ${quoteList([answer])} here`;
        report({ severity: 'warning', code: 'contradiction', message, place });
      } else if (first.answer === answer) {
        report({ severity: 'warning', code: `duplicate-in-${name}`, message: `the same row as ${first.place}`, place });
      }
    }
  }
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

function checkLengths(
  data: Omit<LabelledData, 'warnings'>,
  tokenizer: Tokenizer,
  blockSize: number,
  template: string,
  report: Report,
): void {
  const labels = new Map(data.labels.map((label, index) => [label, index]));
  for (const example of Object.values(data.splits).flat()) {
    const { place } = example;
    if (example.kind === 'text') continue;
    const encoded =
      example.kind === 'classify'
        ? encodeClassification(example, tokenizer, blockSize, labels)
        : encodeInstruction(example, tokenizer, blockSize, template);
    if ('skipped' in encoded) {
      report({ severity: 'warning', code: 'no-answer', message: `${encoded.skipped}; the row is left out`, place });
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
  const lengths = Int32Array.from(examples, (example) => questionOf(example).length).sort();
  const characters = {
    shortest: lengths[0] ?? 0,
    median: lengths[lengths.length >> 1] ?? 0,
    longest: lengths.at(-1) ?? 0,
  };
  return { name, file, rows: examples.length, labels: countLabels(examples), characters };
}

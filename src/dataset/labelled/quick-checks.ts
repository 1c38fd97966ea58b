// The checks of labelled data that cost little, so that finetuning runs them by itself. Sees examples, not files.
import { quoteList } from '../quote-list.js';
import type { Example } from './examples.js';
import { type LabelledData, labelsOf } from './labelled.js';
import type { Report } from './problems.js';

/** Labels, imbalance, duplicates within and between the parts. */
export function quickChecks(data: Pick<LabelledData, 'splits' | 'labels' | 'task'>, report: Report): void {
  for (const [name, examples] of Object.entries(data.splits)) {
    if (examples.length === 0)
      report({ severity: 'error', code: 'no-rows', message: `the ${name} data has no usable rows` });
  }
  if (data.task === 'classify') checkLabels(data, report);
  if (data.task === 'choice') checkChoices(data.splits.train ?? [], report);
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

/** A model learns the place of the right choice instead of its text where that is always the same. */
function checkChoices(train: readonly Example[], report: Report): void {
  const counts = Object.entries(countLabels(train));
  if (train.length >= 10 && counts.length === 1) {
    const message = `the right choice is number ${Number(counts[0]![0]) + 1} in all ${train.length} training rows`;
    report({ severity: 'warning', code: 'one-place', message, hint: 'shuffle the choices of each row' });
  }
  for (const example of train) {
    if (example.kind !== 'choice' || new Set(example.choices).size === example.choices.length) continue;
    const { place } = example;
    report({ severity: 'warning', code: 'same-choices', message: 'two choices have the same text', place });
  }
}

/** Rows of each label; of multiple choice, of each place of the right one. */
export function countLabels(examples: readonly Example[]): Record<string, number> {
  const counts: Record<string, number> = Object.create(null); // a label may be called __proto__
  for (const example of examples) {
    if ((example.kind === 'classify' || example.kind === 'choice') && example.label !== undefined)
      counts[example.label] = (counts[example.label] ?? 0) + 1;
  }
  return counts;
}

/** What the model is given of an example, without what it is to answer. */
export function questionOf(example: Example): string {
  switch (example.kind) {
    case 'classify':
      return example.second === undefined ? example.text : `${example.text}\n${example.second}`;
    case 'choice':
      return [example.text, ...example.choices].join('\n');
    case 'instruct':
      return Object.values(example.fields).join('\n');
    case 'chat':
      return example.messages.map(({ content }) => content).join('\n');
    case 'text':
      return example.text;
  }
}

/** What it is to answer. */
export function answerOf(example: Example): string {
  if (example.kind === 'instruct') return example.completion;
  return example.kind === 'classify' || example.kind === 'choice' ? (example.label ?? '') : '';
}

/** What two examples have in common that are the same text: white space apart, what the model is given. */
export function sameText(example: Example): string {
  return questionOf(example).trim().replace(/\s+/g, ' ');
}

/** `train.csv:2 and 7`, with the file once if it is the same. */
function pair(one: string, other: string): string {
  const file = one.slice(0, one.lastIndexOf(':') + 1);
  return `${one} and ${file !== '' && other.startsWith(file) ? other.slice(file.length) : other}`;
}

function checkDuplicates(splits: LabelledData['splits'], report: Report): void {
  const seen = new Map<string, { name: string; place: string; answer: string }>();
  for (const name of ['train', 'validation', 'test'] as const) {
    for (const example of splits[name] ?? []) {
      const question = sameText(example);
      const answer = answerOf(example);
      const first = seen.get(question);
      if (first === undefined) {
        seen.set(question, { name, place: example.place, answer });
        continue;
      }
      const { place } = example;
      if (first.name !== name) {
        const message = `a row of the ${name} data is in the ${first.name} data too: the measured quality will be too good`;
        report({ severity: 'warning', code: `${name}-in-${first.name}`, message, place: pair(place, first.place) });
      } else if (example.kind === 'classify' && first.answer !== answer) {
        const labels = quoteList([first.answer, answer]);
        const message = 'the same text has two labels';
        report({
          severity: 'warning',
          code: 'contradiction',
          message,
          place: `${pair(first.place, place)}: ${labels}`,
        });
      } else if (first.answer === answer) {
        const message = 'the same row twice';
        report({ severity: 'warning', code: `duplicate-in-${name}`, message, place: pair(first.place, place) });
      }
    }
  }
}

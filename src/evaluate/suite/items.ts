// The rows of a suite as examples: multiple choice, minimal pairs, questions with accepted answers. Knows no model.
import { openTable, type Row, throwing } from '../../dataset/index.js';
import { GptError } from '../../errors.js';

export interface ChoiceItem {
  readonly kind: 'choice';
  readonly context: string;
  readonly choices: readonly string[];
  /** The right choice, from 0. */
  readonly label: number;
}

export interface PairItem {
  readonly kind: 'pair';
  readonly good: string;
  readonly bad: string;
}

export interface AnswerItem {
  readonly kind: 'answer';
  readonly prompt: string;
  /** At least one. */
  readonly answers: readonly string[];
  readonly stop: readonly string[];
}

export type SuiteItem = ChoiceItem | PairItem | AnswerItem;

const formats =
  'a row has "context", "choices" and "label"; or "good" and "bad"; or "prompt" and "answers" (docs/evaluation.md)';

/**
 * The first `limit` rows of a file.
 * @throws GptError `suite/row` naming the line, and what reading a table throws
 */
export async function readSuite(
  file: string,
  { limit = Number.POSITIVE_INFINITY, signal }: { limit?: number | undefined; signal?: AbortSignal | undefined } = {},
): Promise<SuiteItem[]> {
  const report = throwing(() => {});
  const table = await openTable(file, report, signal);
  const items: SuiteItem[] = [];
  try {
    for await (const row of table.rows) {
      items.push(itemOf(row));
      if (items.length >= limit) break;
    }
  } finally {
    await table.close();
  }
  return items;
}

function itemOf({ values, place }: Row): SuiteItem {
  const wrong = (message: string) => new GptError('suite/row', `${place}: ${message}`, { hint: formats });
  const has = (key: string) => Object.hasOwn(values, key);
  const text = (key: string) => {
    const value = values[key];
    if (typeof value !== 'string') throw wrong(`"${key}" is ${describe(value)}, not a string`);
    return value;
  };
  const texts = (key: string, least: number) => {
    const value = values[key];
    if (!Array.isArray(value) || value.length < least || value.some((each) => typeof each !== 'string'))
      throw wrong(`"${key}" is not a list of ${least === 1 ? 'strings' : `at least ${least} strings`}`);
    return value as string[];
  };
  const sentence = (key: string) => {
    const value = text(key);
    if (value === '') throw wrong(`"${key}" is empty`);
    return value;
  };
  if (has('choices')) {
    const choices = texts('choices', 2);
    if (choices.includes('')) throw wrong('a choice is empty');
    const label = labelOf(values['label'], choices);
    if (label === undefined)
      throw wrong(
        `"label" is ${describe(values['label'])}, neither a choice nor its number, 0 to ${choices.length - 1}`,
      );
    return { kind: 'choice', context: has('context') ? text('context') : '', choices, label };
  }
  for (const [good, bad] of pairKeys)
    if (has(good) && has(bad)) return { kind: 'pair', good: sentence(good), bad: sentence(bad) };
  if (has('prompt') && has('answers')) {
    const stop = typeof values['stop'] === 'string' ? [text('stop')] : has('stop') ? texts('stop', 1) : ['\n'];
    if (stop.includes('')) throw wrong('a stop string is empty');
    return { kind: 'answer', prompt: text('prompt'), answers: texts('answers', 1), stop };
  }
  throw wrong(`the keys are ${Object.keys(values).join(', ') || 'none'}`);
}

/** BLiMP's files are read as they are. */
const pairKeys = [
  ['good', 'bad'],
  ['sentence_good', 'sentence_bad'],
] as const;

/** A number from 0, or the text of one choice. */
function labelOf(label: unknown, choices: readonly string[]): number | undefined {
  if (typeof label === 'string') {
    const at = choices.indexOf(label);
    return at >= 0 && choices.indexOf(label, at + 1) < 0 ? at : undefined;
  }
  return Number.isInteger(label) && (label as number) >= 0 && (label as number) < choices.length
    ? (label as number)
    : undefined;
}

const describe = (value: unknown) => (value === undefined ? 'missing' : JSON.stringify(value));

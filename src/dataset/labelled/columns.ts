// Decides from the names of the columns what data is for, and says why. Knows no files and no rows.
import { GptError } from '../../errors.js';
import { quoteList } from '../quote-list.js';
import { type ChoiceColumns, findChoices } from './choice-columns.js';
import { ColumnFinder } from './column-finder.js';

export type Task = 'classify' | 'choice' | 'instruct' | 'text';

/** Which column plays which part. */
export type Columns =
  | { readonly kind: 'classify'; readonly text: string; readonly second?: string; readonly label?: string }
  | ChoiceColumns
  | { readonly kind: 'completion'; readonly prompt: string; readonly completion: string }
  | { readonly kind: 'alpaca'; readonly instruction: string; readonly input?: string; readonly output: string }
  | { readonly kind: 'messages'; readonly messages: string }
  | { readonly kind: 'text'; readonly text: string };

export interface TaskDecision {
  readonly task: Task;
  /** One sentence for the person. */
  readonly reason: string;
  readonly columns: Columns;
}

export interface DecideOptions {
  /** Default `auto`. */
  readonly task?: Task | 'auto';
  /** One column, or two for a pair of texts. */
  readonly textColumns?: readonly string[];
  readonly labelColumn?: string;
  /** Whether classification needs a label column; false where labels are to be predicted. Default true. */
  readonly needLabel?: boolean;
  /** What to call the data in errors. */
  readonly name?: string;
}

const texts = [
  'text',
  'sentence',
  'content',
  'review',
  'tweet',
  'comment',
  'body',
  'document',
  'utterance',
  'message',
  'headline',
  'phrase',
  'title',
];
const labels = [
  'label',
  'labels',
  'class',
  'category',
  'sentiment',
  'topic',
  'intent',
  'target',
  'label_text',
  'label_name',
];
const textPairs = [
  ['sentence1', 'sentence2'],
  ['text1', 'text2'],
  ['premise', 'hypothesis'],
  ['question1', 'question2'],
  ['sentence_a', 'sentence_b'],
  ['text_a', 'text_b'],
  ['question', 'sentence'],
] as const;
const completions = [
  ['prompt', 'completion'],
  ['prompt', 'response'],
  ['prompt', 'output'],
  ['question', 'answer'],
  ['source', 'target'],
  ['input', 'output'],
] as const;
const alpacas = [
  ['instruction', 'input', 'output'],
  ['instruction', 'context', 'response'],
] as const;
const chats = ['messages', 'conversations'];
const numbering = ['id', 'idx', 'index', 'guid', 'column 1'];

/**
 * What the data is for. Names are compared without case. In the order tried: choices, instruction and output, prompt and
 * completion, messages, text and label, text alone.
 * @throws GptError `data/columns`, listing the columns that are there and the nearest to what was wanted
 */
export function decideTask(names: readonly string[], options: DecideOptions = {}): TaskDecision {
  const { task = 'auto', textColumns = [], labelColumn, needLabel = true } = options;
  const finder = new ColumnFinder(names, options.name ?? 'the data');
  // A comma separates two columns, unless it is in the name of one.
  const whole = [textColumns.join(', '), textColumns.join(',')].find((name) => names.includes(name));
  const chosenTexts = (textColumns.length > 1 && whole !== undefined ? [whole] : textColumns).map((column) =>
    finder.named(column, '--text-column'),
  );
  const chosenLabel = labelColumn === undefined ? undefined : finder.named(labelColumn, '--label-column');
  const chosen = chosenTexts.length > 0 || chosenLabel !== undefined;
  if (chosenTexts.length > 2) {
    throw new GptError('data/columns', `--text-column names ${chosenTexts.length} columns`, {
      hint: 'one, or two for pairs',
    });
  }

  if (task === 'choice' || (task === 'auto' && !chosen)) {
    const found = findChoices(finder, { texts: chosenTexts, label: chosenLabel, needLabel });
    if (found !== undefined) return { task: 'choice', reason: choiceReason(found), columns: found };
    if (task === 'choice') throw finder.missing('multiple choice', ['question', 'choices', 'label'], '--text-column');
  }
  if (task === 'instruct' || (task === 'auto' && !chosen)) {
    const [prompt] = chosenTexts;
    if (prompt !== undefined && chosenLabel !== undefined) return completion(prompt, chosenLabel, 'as chosen');
    const found = instruction(finder);
    if (found !== undefined) return found;
    if (task === 'instruct') throw finder.missing('instruction data', [...completions[0], chats[0]!, ...alpacas[0]]);
  }
  if (task === 'classify' || (task === 'auto' && (chosenLabel !== undefined || finder.any(labels) !== undefined))) {
    return classification(finder, chosenTexts, chosenLabel, needLabel);
  }
  const text = chosenTexts[0] ?? finder.any(texts);
  if (text === undefined) {
    const wanted = task === 'text' ? ['text'] : ['text', 'label', 'prompt', 'completion', 'messages'];
    throw finder.missing(task === 'text' ? 'text' : 'known data', wanted);
  }
  const why = task === 'text' ? 'as chosen' : 'there is no label';
  return {
    task: 'text',
    reason: `continued text from column ${quoteList([text])}: ${why}`,
    columns: { kind: 'text', text },
  };
}

function choiceReason({ texts: given, choices, label }: ChoiceColumns): string {
  const right = label === undefined ? '' : `, the right one in ${quoteList([label])}`;
  return `multiple choice: ${quoteList(given)}, choices in ${quoteList(choices)}${right}`;
}

function completion(prompt: string, answer: string, why: string): TaskDecision {
  const reason = `instructions: columns ${quoteList([prompt, answer])}, ${why}; the loss is on the second only`;
  return { task: 'instruct', reason, columns: { kind: 'completion', prompt, completion: answer } };
}

function instruction(finder: ColumnFinder): TaskDecision | undefined {
  const task = 'instruct';
  for (const [instructions, inputs, outputs] of alpacas) {
    const found = finder.all([instructions, outputs]);
    if (found === undefined) continue;
    const input = finder.any([inputs]);
    const reason = `instructions: columns ${quoteList([found[0]!, ...(input ? [input] : []), found[1]!])}; the loss is on the last only`;
    const columns = { kind: 'alpaca', instruction: found[0]!, ...(input && { input }), output: found[1]! } as const;
    return { task, reason, columns };
  }
  for (const pair of completions) {
    const found = finder.all(pair);
    if (found !== undefined) return completion(found[0]!, found[1]!, 'a prompt and its completion');
  }
  const messages = finder.any(chats);
  if (messages === undefined) return undefined;
  const reason = `instructions: conversations in column ${quoteList([messages])}; the loss is on the assistant's turns only`;
  return { task, reason, columns: { kind: 'messages', messages } };
}

function classification(
  finder: ColumnFinder,
  chosen: readonly string[],
  chosenLabel: string | undefined,
  needLabel: boolean,
): TaskDecision {
  const label = chosenLabel ?? finder.any(labels);
  if (label === undefined && needLabel) throw finder.missing('a label', ['label'], '--label-column');
  const found =
    chosen.length > 0
      ? chosen
      : (textPairs.map((pair) => finder.all(pair)).find((pair) => pair) ?? finder.anyAsList(texts));
  const others = finder.names.filter((name) => name !== label && !numbering.includes(name.toLowerCase()));
  const [text, second] = found ?? (others.length === 1 ? others : []);
  if (text === undefined) throw finder.missing('the text', ['text', 'sentence'], '--text-column');
  const shown = quoteList([text, ...(second === undefined ? [] : [second])]);
  const reason = `classification: ${second === undefined ? 'text' : 'pairs of texts'} in ${shown}${label === undefined ? '' : `, labels in ${quoteList([label])}`}`;
  const columns = {
    kind: 'classify',
    text,
    ...(second !== undefined && { second }),
    ...(label !== undefined && { label }),
  } as const;
  return { task: 'classify', reason, columns };
}

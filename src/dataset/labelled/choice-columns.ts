// Multiple choice by the names of the columns: what is asked, the choices, and which of them is right. Knows the names of
// SWAG, HellaSwag, RACE, ROCStories, ARC, COPA and OpenBookQA.
import type { ColumnFinder } from './column-finder.js';

export interface ChoiceColumns {
  readonly kind: 'choice';
  /** What comes before the choice, joined by a blank. */
  readonly texts: readonly string[];
  /** One column that holds a list, or a column for each choice. */
  readonly choices: readonly string[];
  readonly label?: string;
}

const lists = ['choices', 'options', 'endings', 'alternatives', 'candidates'];
const numbered = /^(choice|option|ending|alternative|candidate|answer|sol|randomfifthsentencequiz)[ _-]?(\d|[a-h])$/;
const contexts = ['context', 'passage', 'article', 'premise', 'ctx', 'startphrase', 'story', 'support', 'background'];
const questions = ['question', 'question_stem', 'query', 'goal', 'prompt', 'text', 'sentence'];
const labels = [
  'label',
  'labels',
  'answer',
  'answerkey',
  'correct',
  'correct_answer',
  'gold',
  'target',
  'answerrightending',
];

interface Chosen {
  readonly texts: readonly string[];
  readonly label: string | undefined;
  readonly needLabel: boolean;
}

/** The columns of multiple choice, if this is that; those a person chose stand first. */
export function findChoices(finder: ColumnFinder, { texts, label, needLabel }: Chosen): ChoiceColumns | undefined {
  const list = finder.any(lists);
  const choices = list === undefined ? numberedColumns(finder.names) : [list];
  const given = texts.length > 0 ? texts : textsOf(finder);
  const right = label ?? finder.any(labels.filter((name) => !choices.some((own) => own.toLowerCase() === name)));
  if (choices.length === 0 || given.length === 0 || (right === undefined && needLabel)) return undefined;
  return { kind: 'choice', texts: given, choices, ...(right !== undefined && { label: right }) };
}

/** The columns of one name with a number or letter each, in their order; at least two. */
function numberedColumns(names: readonly string[]): string[] {
  const byStem = new Map<string, string[]>();
  for (const name of names) {
    const stem = numbered.exec(name.toLowerCase())?.[1];
    if (stem !== undefined) byStem.set(stem, [...(byStem.get(stem) ?? []), name]);
  }
  const found = [...byStem.values()].find((columns) => columns.length > 1) ?? [];
  return found.sort((a, b) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1));
}

/** A context and a question, or one of the two; the sentences of a story. */
function textsOf(finder: ColumnFinder): string[] {
  const story = finder.names.filter((name) => /^inputsentence\d$/i.test(name)).sort();
  if (story.length > 0) return story;
  const found = [finder.any(contexts), finder.any(questions)].filter((name) => name !== undefined);
  return found.length > 0 ? found : (finder.all(['sent1', 'sent2']) ?? []);
}

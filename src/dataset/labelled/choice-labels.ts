// Which choice is right, in the ways that data sets say it: an index from 0 or from 1, a letter, or the choice's own text.
import type { ChoiceExample, Example } from './examples.js';
import type { Report } from './problems.js';

type Indexer = (label: string, choices: readonly string[]) => number;

/** The one way in which all of these labels are written. */
function indexerOf(examples: readonly ChoiceExample[]): Indexer {
  const every = (form: RegExp) => examples.every(({ label }) => label !== undefined && form.test(label));
  if (every(/^[a-h]$/i)) return (label) => label.toLowerCase().charCodeAt(0) - 97;
  if (!every(/^\d+$/)) return (label, choices) => choices.indexOf(label);
  const fromZero = examples.some(({ label }) => label === '0');
  const fromOne = !fromZero && examples.some(({ label, choices }) => Number(label) === choices.length);
  return (label) => Number(label) - (fromOne ? 1 : 0);
}

/**
 * The same examples with the index of the right choice, from 0, as their label. Numbers count from 1 where no row has 0
 * and some row has the number of its choices. A label that is none of the choices goes to `report` and loses its row.
 */
export function resolveChoices<Split extends string>(
  splits: Partial<Record<Split, readonly Example[]>>,
  report: Report,
): Partial<Record<Split, Example[]>> {
  const all = (Object.values(splits) as (readonly Example[])[]).flat();
  const indexOf = indexerOf(all.filter((example) => example.kind === 'choice'));
  const resolve = (example: Example): Example[] => {
    if (example.kind !== 'choice' || example.label === undefined) return [example];
    const index = indexOf(example.label, example.choices);
    if (index >= 0 && index < example.choices.length) return [{ ...example, label: String(index) }];
    const message = `the label ${JSON.stringify(example.label)} is none of the ${example.choices.length} choices`;
    const hint = 'a label is an index, a letter, or the text of the right choice';
    report({ severity: 'error', code: 'choice-label', message, place: example.place, hint });
    return [];
  };
  const entries = Object.entries(splits) as [Split, readonly Example[]][];
  return Object.fromEntries(entries.map(([name, rows]) => [name, rows.flatMap(resolve)])) as Partial<
    Record<Split, Example[]>
  >;
}

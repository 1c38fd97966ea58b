// Reads labelled data: decides what it is for, and turns every row of every part into an example.
import { GptError } from '../../errors.js';
import { quoteList } from '../quote-list.js';
import { resolveChoices } from './choice-labels.js';
import { type Columns, type DecideOptions, decideTask, type Task, type TaskDecision } from './columns.js';
import { type Example, toExample } from './examples.js';
import { type Finding, Findings, type Report, throwing } from './problems.js';
import { findSplits, type SplitName } from './splits.js';
import { openTable, type Table } from './table.js';

export interface ReadLabelledOptions extends Omit<DecideOptions, 'name'> {
  /** The first rows of each training file only. */
  readonly limit?: number;
  readonly signal?: AbortSignal | undefined;
}

export interface LabelledData {
  readonly task: Task;
  readonly reason: string;
  readonly columns: Columns;
  /** All columns of the training data, those that are not used as well. */
  readonly names: readonly string[];
  readonly files: Partial<Record<SplitName, string>>;
  /** Examples of the parts that there are. `train` is missing only of a folder without it. */
  readonly splits: Partial<Record<SplitName, readonly Example[]>>;
  /** Of classification: every label, in an order that depends on the labels alone (numbers by value). */
  readonly labels: readonly string[];
  /** Rows that were skipped, and why. */
  readonly warnings: readonly Finding[];
}

/**
 * Reads a CSV, TSV, JSONL or JSON file, or a folder with train, valid and test of those, into memory.
 * @throws GptError `data/*`: wrong columns, and the first broken row with its line
 */
export async function readLabelled(path: string, options: ReadLabelledOptions = {}): Promise<LabelledData> {
  const warnings = new Findings();
  const data = await readSplits(
    path,
    options,
    throwing((problem) => warnings.add(problem)),
  );
  for (const [name, examples] of Object.entries(data.splits)) {
    if (examples.length > 0) continue;
    throw new GptError('data/empty', `${data.files[name as SplitName]} has no usable rows`, {
      hint: whyEmpty(warnings.list()),
    });
  }
  return { ...data, warnings: warnings.list() };
}

function whyEmpty([first]: readonly Finding[]): string {
  if (first === undefined) return 'there is only a header';
  return first.places[0] === undefined ? first.message : `${first.places[0]}: ${first.message}`;
}

/** `readLabelled` that hands every problem of a row to `report`, and continues where that returns. */
export async function readSplits(
  path: string,
  options: ReadLabelledOptions,
  report: Report,
): Promise<Omit<LabelledData, 'warnings'>> {
  const files = findSplits(path);
  let splits: Partial<Record<SplitName, Example[]>> = {};
  let names: readonly string[] = [];
  let decision: TaskDecision | undefined;
  for (const [name, file] of Object.entries(files) as [SplitName, string][]) {
    const table = await openTable(file, report, options.signal);
    try {
      if (decision === undefined) names = table.columns;
      decision ??= decideTask(names, { ...options, name: file });
      if (!hasColumns(table, name, decision, report)) continue;
      const limit = name === 'train' ? (options.limit ?? Infinity) : Infinity;
      splits[name] = await readExamples(table, decision.columns, limit, report);
    } finally {
      await table.close();
    }
  }
  for (const name of Object.keys(files) as SplitName[]) if (!(name in splits)) delete files[name];
  if (decision?.task === 'choice') splits = resolveChoices(splits, report);
  return { ...decision!, names, files, splits, labels: labelsOf(Object.values(splits).flat()) };
}

async function readExamples(table: Table, columns: Columns, limit: number, report: Report): Promise<Example[]> {
  const examples: Example[] = [];
  for await (const row of table.rows) {
    if (examples.length >= limit) break;
    const example = toExample(row, columns, report);
    if (example !== undefined) examples.push(example);
  }
  return examples;
}

/** Test data is often published without its labels, and training does not need it: there it is a warning. */
function hasColumns(table: Table, split: SplitName, { columns, reason }: TaskDecision, report: Report): boolean {
  const { kind: _, ...byPart } = columns;
  if ('input' in byPart) delete byPart.input;
  const lacking = Object.values(byPart)
    .flat()
    .filter((column) => !table.columns.includes(column));
  if (lacking.length === 0) return true;
  const message = `no column ${quoteList(lacking)}; the columns are ${quoteList(table.columns)}`;
  const severity = split === 'test' ? 'warning' : 'error';
  report({ severity, code: `${split}-columns`, message, place: table.name, hint: `the other data: ${reason}` });
  return false;
}

/** The distinct labels: numbers by value, anything else by code unit. */
export function labelsOf(examples: readonly Example[]): string[] {
  const labels = new Set<string>();
  for (const example of examples)
    if (example.kind === 'classify' && example.label !== undefined) labels.add(example.label);
  const sorted = [...labels].sort();
  const numeric = sorted.every((label) => /^-?\d+(\.\d+)?$/.test(label));
  return numeric ? sorted.sort((a, b) => Number(a) - Number(b)) : sorted;
}

/** The examples of a file one by one, in constant memory: for labelling a file of any size. */
export async function* streamExamples(
  path: string,
  options: ReadLabelledOptions,
  report: Report,
): AsyncGenerator<Example> {
  const table = await openTable(path, report, options.signal);
  try {
    const { columns } = decideTask(table.columns, { ...options, name: path });
    for await (const row of table.rows) {
      const example = toExample(row, columns, report, options.needLabel);
      if (example !== undefined) yield example;
    }
  } finally {
    await table.close();
  }
}

// From a labelled file or folder to examples: reads it, reports its task and its problems, and holds out a
// part for validation.
import { existsSync } from 'node:fs';
import type { FinetuneConfig } from '../config/index.js';
import {
  checkTemplate,
  defaultTemplate,
  type Example,
  Findings,
  holdOut,
  isTable,
  PieceCutter,
  quickChecks,
  readLabelled,
  readTexts,
  type SplitRule,
  splitRule,
  type Task,
  type TextExample,
} from '../dataset/index.js';
import { columnNames, templateText } from '../dataset/labelled/flag-values.js';
import { GptError } from '../errors.js';
import type { NoticeEvent, RunEvent } from '../events.js';
import { notice } from '../scoring/encode.js';
import { phase } from '../session/phase.js';

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

/** The columns that the settings name. */
function columnsOf({ textColumn, labelColumn }: Pick<Settings, 'textColumn' | 'labelColumn'>) {
  return {
    ...(textColumn !== null && { textColumns: columnNames(textColumn) }),
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
  const template = promptTemplate === null ? defaultTemplate(data.columns) : templateText(promptTemplate);
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

// The baselines of a classifier's data: measured on the split of the run, and as a line for a person.
import { type Baselines, type BaselineTexts, baselinesOf } from '../baselines/index.js';
import { type Example, questionOf } from '../dataset/index.js';
import type { NoticeEvent, RunEvent } from '../events.js';
import { phase } from '../session/phase.js';
import type { LabelledTexts } from './read-data.js';

/** Undefined where nothing is held out. */
export async function* measureBaselines({
  train,
  validation,
  labels,
}: Pick<LabelledTexts, 'train' | 'validation' | 'labels'>): AsyncGenerator<RunEvent, Baselines | undefined> {
  if (validation.length === 0) return undefined;
  const ids = new Map(labels.map((label, id) => [label, id]));
  const rowsOf = (examples: readonly Example[]): BaselineTexts['train'] =>
    examples.flatMap((example) => {
      if (example.kind !== 'classify') return [];
      const label = ids.get(example.label ?? '');
      return label === undefined ? [] : [{ text: questionOf(example), label }];
    });
  const texts = { train: rowsOf(train), validation: rowsOf(validation), labelCount: labels.length };
  return yield* phase('measuring the baselines', async () => baselinesOf(texts));
}

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;

export function baselineNotice(
  { majority, majorityLabel, bagOfWords, fittedRows }: Baselines,
  {
    labels = [],
    train,
    validation,
  }: { labels?: readonly string[] | undefined; train: readonly object[]; validation: readonly object[] },
): NoticeEvent {
  const most = `${percent(majority)} majority class (${JSON.stringify(labels[majorityLabel])})`;
  const part = fittedRows < train.length ? ` of ${fittedRows} rows` : '';
  const words = `${percent(bagOfWords)} logistic regression on the bag of words${part}`;
  return {
    event: 'notice',
    level: 'info',
    message: `baselines, accuracy on the ${validation.length} validation rows: ${most}, ${words}`,
  };
}

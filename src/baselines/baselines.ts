// Accuracies that a classifier should exceed, on the same validation rows: the majority class, and logistic regression on words.
import { BagOfWords, type LabelledText } from './bag-of-words.js';

export interface BaselineTexts {
  readonly train: readonly LabelledText[];
  readonly validation: readonly LabelledText[];
  readonly labelCount: number;
}

/** Accuracies, from 0 to 1. */
export interface Baselines {
  /** Of the most frequent training label. */
  readonly majority: number;
  /** Which label that is. */
  readonly majorityLabel: number;
  readonly bagOfWords: number;
  /** Training rows that the logistic regression was fitted to. */
  readonly fittedRows: number;
}

/** Characters times labels that are fitted at most: a few seconds. */
const mostWork = 20e6;

/** Rows evenly spread over the data, as many as are fitted within seconds. */
function fitted({ train, labelCount }: BaselineTexts): LabelledText[] {
  const work = labelCount * train.reduce((sum, { text }) => sum + text.length, 0);
  const count = Math.max(1, Math.min(train.length, Math.floor((train.length * mostWork) / Math.max(work, 1))));
  return Array.from({ length: count }, (_, i) => train[Math.floor((i * train.length) / count)]!);
}

/** @returns undefined where there are no validation rows, or no training rows */
export function baselinesOf(texts: BaselineTexts): Baselines | undefined {
  const { train, validation, labelCount } = texts;
  if (train.length === 0 || validation.length === 0) return undefined;
  const frequencies = new Array<number>(labelCount).fill(0);
  for (const { label } of train) frequencies[label]!++;
  const majorityLabel = frequencies.indexOf(Math.max(...frequencies));
  const accuracyOf = (predict: (text: string) => number) =>
    validation.filter(({ text, label }) => predict(text) === label).length / validation.length;
  const rows = fitted(texts);
  const model = BagOfWords.fit(rows, labelCount);
  return {
    majority: accuracyOf(() => majorityLabel),
    majorityLabel,
    bagOfWords: accuracyOf((text) => model.predict(text)),
    fittedRows: rows.length,
  };
}

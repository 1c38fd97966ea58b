// What finetuning measures between its steps: labels or completions of the whole validation data, and a fixed part of
// the training data to compare it with.
import type { Encoded } from '../dataset/index.js';
import { type AnswerScorer, answerBytes } from '../scoring/answers.js';
import { type ClassifierModel, measure } from '../scoring/classifier-model.js';
import type { Tokenizer } from '../tokenizer/index.js';
import type { Evaluation, Measurement } from '../train/index.js';

type Evaluate<E = Evaluation> = (signal?: AbortSignal) => Promise<E | null>;

/** Confusion matrices of more labels are not reported with every evaluation: `eval` gives them. */
const mostLabels = 50;

/** `count` examples, evenly spread. */
export function spread<T>(examples: readonly T[], count: number): T[] {
  if (examples.length <= count) return [...examples];
  return Array.from({ length: count }, (_, i) => examples[Math.floor((i * examples.length) / count)]!);
}

export interface EvaluatedData {
  /** The part of the training data that is measured too. */
  readonly train: readonly Encoded[];
  /** Empty where there is none: the training part then stands for it. */
  readonly validation: readonly Encoded[];
}

/** Losses are those of the labels alone, all labels weighing the same. */
export function labelEvaluator(model: ClassifierModel, data: EvaluatedData): Evaluate<Measurement> {
  const result = async (examples: readonly Encoded[], signal?: AbortSignal) => {
    const predictions = await model.predict(examples, { signal });
    const truth = examples.map(({ label }) => label);
    return predictions && measure(predictions, truth);
  };
  return async (signal) => {
    const onTrain = await result(data.train, signal);
    const onValidation = data.validation.length === 0 ? onTrain : await result(data.validation, signal);
    if (!onTrain || !onValidation) return null;
    const { loss: valLoss, accuracy, macroF1, confusion } = onValidation;
    const measured = { trainLoss: onTrain.loss, valLoss, bitsPerByte: Number.NaN, accuracy, macroF1 };
    return confusion.length > mostLabels ? measured : { ...measured, confusion };
  };
}

/** Losses are means over the tokens of the answers. */
export function answerEvaluator(score: AnswerScorer, data: EvaluatedData, tokenizer: Tokenizer): Evaluate {
  const bytes = answerBytes(data.validation, tokenizer);
  return async (signal) => {
    const onTrain = await score(data.train, { signal });
    const onValidation = data.validation.length === 0 ? onTrain : await score(data.validation, { signal });
    if (!onTrain || !onValidation) return null;
    const bits = onValidation.lossSum / Math.LN2 / bytes;
    const bitsPerByte = data.validation.length === 0 ? Number.NaN : bits;
    const valLoss = onValidation.lossSum / onValidation.count;
    return { trainLoss: onTrain.lossSum / onTrain.count, valLoss, bitsPerByte };
  };
}

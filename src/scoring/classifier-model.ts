// A classifier's predictions: encoded texts to the scores of their labels, one compiled program per length.
import { type Encoded, longestOf, mostChoices, padBatch, planOnce } from '../dataset/index.js';
import type { Program, StepFunction } from '../engine/index.js';
import { accuracy, confusionMatrix, macroF1 } from '../metrics/index.js';
import { type Classifier, scoresStep } from '../model/index.js';

/** What was predicted for many texts, in their order. */
export interface Predictions {
  /** L: number of labels, or the largest number of choices. */
  readonly count: number;
  /** [N] the likeliest label or choice. */
  readonly labels: Int32Array;
  /** [N * L] row-major, probabilities. */
  readonly probabilities: Float32Array;
}

/** How well predictions fit known labels. */
export interface Measured {
  /** Mean negative log-likelihood of the true labels, nats. */
  readonly loss: number;
  readonly accuracy: number;
  readonly macroF1: number;
  readonly confusion: number[][];
}

export class ClassifierModel {
  private readonly programs = new Map<string, Promise<Program>>();

  /** @param compile gives the programs; who closes the session disposes them */
  constructor(
    private readonly classifier: Classifier,
    private readonly compile: (step: StepFunction) => Promise<Program>,
    private readonly batchSize: number,
  ) {}

  /** Null when `signal` interrupted it. `report` gets the number of texts that are done. */
  async predict(
    examples: readonly Encoded[],
    options: { readonly signal?: AbortSignal | undefined; readonly report?: (done: number) => void } = {},
  ): Promise<Predictions | null> {
    const { batchSize, classifier } = this;
    const choices = mostChoices(examples);
    const count = choices > 1 ? choices : classifier.labelCount;
    const { blockSize } = classifier.gpt.config;
    const labels = new Int32Array(examples.length);
    const probabilities = new Float32Array(examples.length * count);
    const lengths = examples.map(longestOf);
    let done = 0;
    for (const planned of planOnce(lengths, { batchSize, blockSize })) {
      if (options.signal?.aborted) return null;
      const batch = padBatch(examples, planned, batchSize, choices);
      const { ids, positions, rows, length } = batch;
      const program = await this.program(length, choices);
      const { scores } = await program.run({ ids, positions, ...(choices > 1 && { choices: batch.choices }) });
      for (let i = 0; i < rows.length; i++) {
        const own = softmax((scores as Float32Array).subarray(i * count, (i + 1) * count));
        probabilities.set(own, rows[i]! * count);
        labels[rows[i]!] = own.indexOf(Math.max(...own));
      }
      done += rows.length;
      options.report?.(done);
      await new Promise((resolve) => setImmediate(resolve)); // lets Ctrl-C in
    }
    return { count, labels, probabilities };
  }

  private program(time: number, choices: number): Promise<Program> {
    const key = `${time} ${choices}`;
    let program = this.programs.get(key);
    if (program === undefined) {
      program = this.compile(scoresStep(this.classifier, { batchSize: this.batchSize, time }, choices));
      this.programs.set(key, program);
    }
    return program;
  }
}

/**
 * Compares predictions with the labels of the examples; those without one do not count.
 * @param truth indices of labels; those from `count` on are unknown to the model: always wrong, and not in the loss
 * @param unknown how many such labels there are
 */
export function measure(
  { count, labels, probabilities }: Predictions,
  truth: ArrayLike<number>,
  unknown = 0,
): Measured {
  let nats = 0;
  let counted = 0;
  for (let i = 0; i < labels.length; i++) {
    if (truth[i]! < 0 || truth[i]! >= count) continue;
    nats -= Math.log(Math.max(probabilities[i * count + truth[i]!]!, Number.MIN_VALUE));
    counted++;
  }
  const confusion = confusionMatrix(truth, labels, count + unknown);
  return { loss: nats / counted, accuracy: accuracy(confusion), macroF1: macroF1(confusion), confusion };
}

/** In float64; infinite scores do not make it NaN unless they are NaN. */
export function softmax(scores: ArrayLike<number>): number[] {
  const all = Array.from(scores);
  const most = Math.max(...all);
  const powers = all.map((score) => Math.exp(score - most));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}

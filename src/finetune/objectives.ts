// The training objectives of finetuning: programs for every length, what they are fed, and what measures the model. One
// for labels, and one for everything that is learned token by token. Reads no data.
import type { FinetuneConfig } from '../config/index.js';
import { countOf, type Encoded, mostChoices, type PaddedBatch } from '../dataset/index.js';
import type { Feeds, StepFunction, TrainingProgram } from '../engine/index.js';
import type { RunEvent } from '../events.js';
import { classifierLossStep, lossStep } from '../model/index.js';
import { answerScorer } from '../scoring/answers.js';
import { textsInBatch } from '../scoring/batch-size.js';
import { ClassifierModel } from '../scoring/classifier-model.js';
import type { Session } from '../session/session.js';
import type { TrainingJob } from '../train/index.js';
import { answerEvaluator, labelEvaluator, spread } from './evaluators.js';
import { BucketProgram, type StepBatches } from './length-buckets.js';
import { totalOf, weightOf } from './totals.js';

/** What an objective is made from. */
export interface ObjectiveParts {
  readonly config: FinetuneConfig;
  readonly wholeBatch: number;
  readonly session: Session;
  readonly train: readonly Encoded[];
  readonly validation: readonly Encoded[];
}

/** The programs of a task, what they are fed, and what measures the model. */
export interface Objective {
  /** A program that takes these batches. */
  compile(batches: Pick<StepBatches, 'lengths' | 'answers'>): AsyncGenerator<RunEvent, TrainingProgram>;
  /**
   * @param microBatches of one optimizer step
   * @param iter the step, from 1
   */
  feeds(microBatches: readonly PaddedBatch[], iter: number): Feeds[];
  readonly evaluator: () => TrainingJob['evaluate'];
}

/** Examples in a batch of an evaluation of labels. */
export const evaluationRows = 64;

/** Labels, of texts or of choices; with `lmCoef` the language model's loss is added. */
export function classification(parts: ObjectiveParts, labels: readonly string[]): Objective {
  const { config, wholeBatch, session, train, validation } = parts;
  const { batchSize, lmCoef } = config;
  const labelWeights = config.balance ? balanced(train, labels.length) : undefined;
  const choices = mostChoices(train);
  const options = { lmCoef, choices, partial: true, ...(labelWeights && { labelWeights }) };
  const step = (time: number) => classifierLossStep(session.classifier!, { batchSize, time }, options);
  return {
    evaluator: () => {
      const rows = Math.min(evaluationRows, Math.max(train.length, validation.length));
      const model = new ClassifierModel(session.classifier!, (s) => session.compile(s), rows);
      const measured = { train: spread(train, config.evalIters * wholeBatch), validation };
      return labelEvaluator(model, measured);
    },
    compile: ({ lengths }) => compileAll(session, config, lengths, step, choices),
    feeds: (microBatches, iter) => {
      const whole = microBatches[0]!;
      const labelTotal = totalOf(whole, (row) => weightOf(train[row]!, labelWeights));
      const tokenTotal = totalOf(whole, (row) => countOf(train[row]!));
      return microBatches.map((batch) => ({
        ids: batch.ids,
        ...(lmCoef > 0 && { targets: batch.targets, tokenTotal }),
        labels: batch.labels,
        labelTotal,
        positions: batch.positions,
        ...(choices > 1 && { choices: batch.choices }),
        ...dropoutKey(parts, batch, iter),
      }));
    },
  };
}

/** Instructions and text: the loss is on the targets that count. */
export function language(parts: ObjectiveParts): Objective {
  const { config, wholeBatch, session, train, validation } = parts;
  const { batchSize } = config;
  return {
    evaluator: () => {
      const measured = { train: spread(train, config.evalIters * wholeBatch), validation };
      const lengths = [...measured.train, ...validation].map(({ ids }) => ids.length);
      const score = answerScorer(session, textsInBatch(session.gpt.config, lengths));
      return answerEvaluator(score, measured, session.tokenizer);
    },
    compile: ({ lengths, answers }) =>
      compileAll(session, config, lengths, (time) =>
        lossStep(session.gpt, { batchSize, time }, { partial: true, answers: answers.get(time) }),
      ),
    feeds: (microBatches, iter) => {
      const tokenTotal = totalOf(microBatches[0]!, (row) => countOf(train[row]!));
      return microBatches.map((batch) => ({
        ids: batch.ids,
        targets: batch.targets,
        tokenTotal,
        ...(batch.places && { places: batch.places }),
        ...dropoutKey(parts, batch, iter),
      }));
    },
  };
}

async function* compileAll(
  session: Session,
  config: FinetuneConfig,
  lengths: readonly number[],
  step: (time: number) => StepFunction,
  rowsOfExample = 1,
): AsyncGenerator<RunEvent, TrainingProgram> {
  const programs = new Map<number, TrainingProgram>();
  for (const time of lengths) programs.set(time, yield* session.compileTraining(step(time), config));
  return new BucketProgram(programs, config.batchSize * rowsOfExample);
}

/** The masks of a step are those of its whole batch. */
function dropoutKey({ session, config }: ObjectiveParts, { firstRow }: PaddedBatch, iter: number): Feeds {
  if (session.gpt.config.dropout === 0) return {};
  return { seed: Int32Array.of(config.seed), step: Int32Array.of(iter - 1), firstRow: Int32Array.of(firstRow) };
}

/** Weights under which every label counts as much: examples / (labels x examples of the label). */
function balanced(examples: readonly Encoded[], labelCount: number): number[] {
  const counts = new Array<number>(labelCount).fill(0);
  for (const { label } of examples) if (label >= 0) counts[label]!++;
  return counts.map((count) => (count === 0 ? 0 : examples.length / (labelCount * count)));
}

// The model's work as an engine takes it: pure functions of named inputs, each of one static shape.
import { type DropoutKey, embedding, type TokenLoss, vocabularyLoss, vocabularyLosses } from '../ops/index.js';
import * as tf from '../tf.js';
import type { TensorSpec } from '../trace/graph.js';
import type { StepFunction } from '../trace/step.js';
import type { Gpt } from './gpt.js';

export interface BatchShape {
  readonly batchSize: number;
  /** Positions in each example, at most the block size. */
  readonly time: number;
}

/**
 * The batch of an optimizer step may be divided: into micro-batches, among workers. The gradients, losses and metrics of the
 * parts then add up to those of the whole batch, since every part divides its sums by what counts in the whole batch.
 */
export interface PartOfBatch {
  /**
   * Whether the rows are part of a larger batch. Further inputs then say what counts in all of it: `tokenTotal`, float32 [],
   * the targets; for labels `labelTotal`, float32 [], the sum of their weights. With dropout also `firstRow`, int32 []: the
   * masks are those of the rows from there on in the whole batch.
   */
  readonly partial?: boolean;
}

export interface LossOptions extends PartOfBatch {
  /** K: at most so many places have a target, and only those are projected to the vocabulary. */
  readonly answers?: number | undefined;
}

const int32 = (...shape: number[]): TensorSpec => ({ shape, dtype: 'int32' });

const suffix = ({ batchSize, time }: BatchShape) => `${batchSize}x${time}`;

function losses(gpt: Gpt, inputs: Record<string, tf.Tensor>, dropout?: DropoutKey) {
  const { ids, targets, places } = inputs as { ids: tf.Tensor; targets: tf.Tensor; places?: tf.Tensor };
  const hidden = gpt.hidden(ids, { dropout }); // [B*T, C]
  const read = places ? embedding(hidden, places) : hidden;
  return vocabularyLoss(read, gpt.output, tf.reshape(targets, [targets.size]));
}

/** The inputs of a part of a batch. @param totals of what it has a loss */
export function partInputs(
  { partial = false }: PartOfBatch,
  dropping: boolean,
  totals: readonly string[],
): Record<string, TensorSpec> {
  if (!partial) return {};
  const counted = totals.map((name) => [name, { shape: [], dtype: 'float32' } as const]);
  return { ...Object.fromEntries(counted), ...(dropping && { firstRow: int32() }) };
}

/** @param count of the rows here */
export function dropoutKeyOf({ seed, step, firstRow }: Record<string, tf.Tensor>, count: number): DropoutKey {
  return { seed: seed!, step: step!, ...(firstRow && { rows: { first: firstRow, count } }) };
}

/**
 * Training. Inputs: `ids`, `targets` int32 [B, T], a negative target being ignored; with dropout also `seed` and
 * `step`, int32 scalars, where `step` must differ for every optimizer step of a run. With `answers` the inputs are `targets`
 * int32 [K] and `places` int32 [K], row b*T + t of each.
 * Output: `loss`, the mean in nats over the targets that count; of a part of a batch, its share of the whole batch's mean.
 */
export function lossStep(gpt: Gpt, shape: BatchShape, options: LossOptions = {}): StepFunction {
  const { answers } = options;
  const { batchSize, time } = shape;
  const dropping = gpt.config.dropout > 0;
  return {
    name: `loss ${suffix(shape)}`,
    inputs: {
      ids: int32(batchSize, time),
      ...(answers === undefined
        ? { targets: int32(batchSize, time) }
        : { targets: int32(answers), places: int32(answers) }),
      ...(dropping ? { seed: int32(), step: int32() } : {}),
      ...partInputs(options, dropping, ['tokenTotal']),
    },
    variables: gpt.variables,
    run: (inputs) => {
      const found = losses(gpt, inputs, dropping ? dropoutKeyOf(inputs, batchSize) : undefined);
      return { loss: meanOf(found, inputs['tokenTotal']) };
    },
  };
}

/** The loss of a batch, or of a part: its sum over what counts in the whole batch. */
export function meanOf({ loss, lossSum }: TokenLoss, total: tf.Tensor | undefined): tf.Tensor {
  return total ? tf.div(lossSum, total) : loss;
}

/** Evaluation, without dropout. Inputs: `ids`, `targets` as in training. Outputs: `lossSum` in nats, `count`. */
export function evaluationStep(gpt: Gpt, shape: BatchShape): StepFunction {
  const { batchSize, time } = shape;
  return {
    name: `evaluation ${suffix(shape)}`,
    inputs: { ids: int32(batchSize, time), targets: int32(batchSize, time) },
    variables: gpt.variables,
    run: (inputs) => {
      const { lossSum, count } = losses(gpt, inputs);
      return { lossSum, count };
    },
  };
}

/**
 * The negative log-likelihood of single tokens. Inputs: `ids` int32 [B, T]; `targets` int32 [K] and `places` int32 [K], row
 * b*T + t of each: the position before the target. Several targets may have the same place; those below 0 are ignored.
 * Output: `losses` [K] in nats, 0 where the target is ignored.
 */
export function tokenLossesStep(gpt: Gpt, shape: BatchShape, answers: number): StepFunction {
  const { batchSize, time } = shape;
  return {
    name: `token losses ${suffix(shape)} ${answers}`,
    inputs: { ids: int32(batchSize, time), targets: int32(answers), places: int32(answers) },
    variables: gpt.variables,
    run: (inputs) => {
      const { ids, targets, places } = inputs as Record<'ids' | 'targets' | 'places', tf.Tensor>;
      return { losses: vocabularyLosses(embedding(gpt.hidden(ids), places), gpt.output, targets) };
    },
  };
}

/**
 * The next token's logits. Inputs: `ids` int32 [B, T]; `last` int32 [B], the position whose successor is asked for.
 * What stands right of it does not matter, so shorter texts may be padded there. Output: `logits` [B, V].
 */
export function logitsStep(gpt: Gpt, shape: BatchShape): StepFunction {
  const { batchSize, time } = shape;
  return {
    name: `logits ${suffix(shape)}`,
    inputs: { ids: int32(batchSize, time), last: int32(batchSize) },
    variables: gpt.variables,
    run: (inputs) => {
      const { ids, last } = inputs as { ids: tf.Tensor; last: tf.Tensor };
      const rows = tf.add(tf.range(0, batchSize * time, time, 'int32'), last); // row b*T + last[b]
      return { logits: gpt.project(tf.gather(gpt.hidden(ids), rows as tf.Tensor1D)) };
    },
  };
}

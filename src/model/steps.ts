// The model's work as an engine takes it: pure functions of named inputs, each of one static shape.
import { type DropoutKey, embedding, tokenLoss } from '../ops/index.js';
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
 * A batch whose parts are on several workers: the mean of their losses is that of the whole batch when each is weighted by
 * its share of what counts (times the number of parts).
 */
export interface PartOfBatch {
  /** Which part, from 0: dropout's masks are those of its rows in the whole batch. */
  readonly part?: number;
  /** With the weights as further inputs, float32 scalars. */
  readonly weighted?: boolean;
}

export interface LossOptions extends PartOfBatch {
  /** K: at most so many places have a target, and only those are projected to the vocabulary. */
  readonly answers?: number | undefined;
}

const scalar: TensorSpec = { shape: [], dtype: 'float32' };

const int32 = (...shape: number[]): TensorSpec => ({ shape, dtype: 'int32' });

const suffix = ({ batchSize, time }: BatchShape) => `${batchSize}x${time}`;

function losses(gpt: Gpt, inputs: Record<string, tf.Tensor>, dropout?: DropoutKey) {
  const { ids, targets, places } = inputs as { ids: tf.Tensor; targets: tf.Tensor; places?: tf.Tensor };
  const hidden = gpt.hidden(ids, { dropout }); // [B*T, C]
  const read = places ? embedding(hidden, places) : hidden;
  return tokenLoss(gpt.project(read), tf.reshape(targets, [targets.size]));
}

/**
 * Training. Inputs: `ids`, `targets` int32 [B, T], a negative target being ignored; with dropout also `seed` and
 * `step`, int32 scalars, where `step` must differ for every micro-batch of a run. With `answers` the inputs are `targets`
 * int32 [K] and `places` int32 [K], row b*T + t of each.
 * Output: `loss`, the mean in nats over the targets that count; times the input `tokenWeight` where it is weighted.
 */
export function lossStep(gpt: Gpt, shape: BatchShape, options: LossOptions = {}): StepFunction {
  const { part = 0, weighted = false, answers } = options;
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
      ...(weighted ? { tokenWeight: scalar } : {}),
    },
    variables: gpt.variables,
    run: (inputs) => {
      const { seed, step, tokenWeight } = inputs;
      const { loss } = losses(gpt, inputs, dropping ? { seed: seed!, step: step!, part } : undefined);
      return { loss: tokenWeight ? tf.mul(loss, tokenWeight) : loss };
    },
  };
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

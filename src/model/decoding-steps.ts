// Decoding: a first pass over the prompt that gives keys and values, then passes over one new token each that are given them. K
// heads are kept of each position, D wide. Pure functions of named inputs, as in steps.ts.
import { type Past, pastMask, windowMask } from '../ops/index.js';
import * as tf from '../tf.js';
import type { TensorSpec } from '../trace/graph.js';
import type { StepFunction } from '../trace/step.js';
import type { Gpt } from './gpt.js';
import { cacheShapeOf, windowOf } from './registry.js';
import type { BatchShape } from './steps.js';

/** Names of a decoding step's inputs for the kept keys and values of block i. */
export const keysName = (block: number) => `keys.${block}`;
export const valuesName = (block: number) => `values.${block}`;

/** Every block's keys and values: [L, B*T, 2 K D]. */
const presentOf = (present: readonly tf.Tensor[]) => tf.stack([...present]);

/**
 * Reads a prompt. Inputs: `ids` int32 [B, T]; `last` int32 [B], the position of each prompt's end. What stands right of
 * it does not matter.
 * Outputs: `logits` [B, V] of what follows; `present` [L, B*T, 2 K D], in each row a position's keys, then its values.
 */
export function prefillStep(gpt: Gpt, { batchSize, time }: BatchShape): StepFunction {
  return {
    name: `prefill ${batchSize}x${time}`,
    inputs: {
      ids: { shape: [batchSize, time], dtype: 'int32' },
      last: { shape: [batchSize], dtype: 'int32' },
    },
    variables: gpt.variables,
    run: (inputs) => {
      const { ids, last } = inputs as { ids: tf.Tensor; last: tf.Tensor };
      const present: tf.Tensor[] = [];
      const hidden = gpt.hidden(ids, { present });
      const rows = tf.add(tf.range(0, batchSize * time, time, 'int32'), last); // row b*T + last[b]
      return { logits: gpt.project(tf.gather(hidden, rows as tf.Tensor1D)), present: presentOf(present) };
    },
  };
}

/** What is kept of each example, as int32 [B]: how many positions, and where the first new one will be kept. */
interface Kept {
  readonly lengths: tf.Tensor;
  readonly places: tf.Tensor;
}

/**
 * The kept keys and values of every block, as inputs and as what attention reads.
 * @param time T, new positions of each example
 */
function pastOf(gpt: Gpt, { batchSize, time, room }: BatchShape & { room: number }) {
  const { heads, width } = cacheShapeOf(gpt.config);
  const kept: TensorSpec = { shape: [batchSize, heads, room, width], dtype: 'float32' };
  const blocks = Array.from({ length: gpt.config.nLayer }, (_, i) => i);
  const names = blocks.flatMap((i) => [keysName(i), valuesName(i)]);
  return {
    inputs: Object.fromEntries(names.map((name) => [name, kept])),
    read: (inputs: Readonly<Record<string, tf.Tensor>>, { lengths, places }: Kept): Past[] => {
      const whole = pastMask(lengths, room, time === 1 ? places : undefined);
      const farthest = time === 1 ? room - 1 : room + time - 1; // from a new position to a kept one that it could see
      return blocks.map((i) => {
        const [keys, values, window] = [inputs[keysName(i)]!, inputs[valuesName(i)]!, windowOf(gpt.config, i)];
        if (window === undefined || window > farthest) return { keys, values, mask: whole };
        return { keys, values, mask: windowMask(lengths, places, { room, time, window }), window };
      });
    },
  };
}

/**
 * Reads T more tokens of each example. Inputs: `ids` int32 [B, T]; `lengths` int32 [B], how many positions are kept; `positions`
 * int32 [B*T], those of the new tokens; `places` int32 [B], where the first of them will be kept; `last` int32 [B], which of them is
 * each text's end; for each block `keys.i` and `values.i` float32 [B, K, R, D]. What stands right of the end does not matter.
 * Outputs: `logits` [B, V] of what follows; `present` [L, B*T, 2 K D], the new positions' keys and values.
 * @param room R, at most the block size
 */
export function extendStep(gpt: Gpt, shape: BatchShape & { room: number }): StepFunction {
  const { batchSize, time, room } = shape;
  const past = pastOf(gpt, shape);
  return {
    name: `extend ${batchSize}x${time} ${room}`,
    inputs: {
      ids: { shape: [batchSize, time], dtype: 'int32' },
      lengths: { shape: [batchSize], dtype: 'int32' },
      positions: { shape: [batchSize * time], dtype: 'int32' },
      places: { shape: [batchSize], dtype: 'int32' },
      last: { shape: [batchSize], dtype: 'int32' },
      ...past.inputs,
    },
    variables: gpt.variables,
    run: (inputs) => {
      const { ids, positions, last, ...kept } = inputs as Record<keyof Kept | 'ids' | 'positions' | 'last', tf.Tensor>;
      const present: tf.Tensor[] = [];
      const hidden = gpt.hidden(ids, { positions, past: past.read(inputs, kept), present });
      const rows = tf.add(tf.range(0, batchSize * time, time, 'int32'), last); // row b*T + last[b]
      return { logits: gpt.project(tf.gather(hidden, rows as tf.Tensor1D)), present: presentOf(present) };
    },
  };
}

/**
 * Reads one more token of each example. Inputs: `ids` int32 [B, 1]; `lengths` int32 [B], how many positions are kept;
 * `positions` int32 [B], that of the new token; `places` int32 [B], where it will be kept: in a full cache, in the place of the
 * oldest one, which is not looked at; for each block `keys.i` and `values.i` float32 [B, K, R, D].
 * Outputs: `logits` [B, V]; `present` [L, B, 2 K D], the new position's keys and values.
 * @param room R, at most the block size
 */
export function decodeStep(gpt: Gpt, { batchSize, room }: { batchSize: number; room: number }): StepFunction {
  const past = pastOf(gpt, { batchSize, time: 1, room });
  return {
    name: `decode ${batchSize}x${room}`,
    inputs: {
      ids: { shape: [batchSize, 1], dtype: 'int32' },
      lengths: { shape: [batchSize], dtype: 'int32' },
      positions: { shape: [batchSize], dtype: 'int32' },
      places: { shape: [batchSize], dtype: 'int32' },
      ...past.inputs,
    },
    variables: gpt.variables,
    repeated: true,
    run: (inputs) => {
      const { ids, positions, ...kept } = inputs as Record<keyof Kept | 'ids' | 'positions', tf.Tensor>;
      const present: tf.Tensor[] = [];
      const hidden = gpt.hidden(ids, { positions, past: past.read(inputs, kept), present });
      return { logits: gpt.project(hidden), present: presentOf(present) };
    },
  };
}

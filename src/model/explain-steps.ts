// A pass over one text that also gives what lies inside: the logits of every block, and the attention weights.
import * as tf from '../tf.js';
import type { StepFunction } from '../trace/step.js';
import type { Gpt } from './gpt.js';

export interface InsideOptions {
  /** T, at most the block size. */
  readonly time: number;
  /** Also the logit lens (nostalgebraist 2020): last norm and projection applied to what leaves each block. */
  readonly lens: boolean;
  readonly attention: boolean;
}

/**
 * Inputs: `ids` int32 [1, T]. Outputs: `logits` [T, V]; `lens` [L + 1, T, V], the logits of what enters the first block and of
 * what leaves each one, so that the last are `logits`; `attention` [L, H, T, T].
 */
export function insideStep(gpt: Gpt, { time, lens, attention }: InsideOptions): StepFunction {
  return {
    name: `inside ${time} ${lens} ${attention}`,
    inputs: { ids: { shape: [1, time], dtype: 'int32' } },
    variables: gpt.variables,
    run: ({ ids }) => {
      const states: tf.Tensor[] = [];
      const weights: tf.Tensor[] = [];
      const hidden = gpt.hidden(ids!, { ...(lens && { states }), ...(attention && { weights }) });
      const logits = gpt.project(hidden);
      return {
        logits,
        ...(lens && { lens: tf.stack(states.map((state) => gpt.project(gpt.normalize(state)))) }),
        ...(attention && { attention: tf.concat(weights, 0) }),
      };
    },
  };
}

// A pass over one text that also gives what lies inside: the logits of every block, and the attention weights. Then what a
// prediction depends on: its gradient by the text's embeddings, and what it becomes when the residual stream is patched.
import { embedding } from '../ops/index.js';
import * as tf from '../tf.js';
import type { TensorSpec } from '../trace/graph.js';
import type { StepFunction } from '../trace/step.js';
import { Classifier } from './classifier.js';
import type { GptOptions } from './family.js';
import type { Gpt } from './gpt.js';
import type { BatchShape } from './steps.js';

export interface InsideOptions {
  /** T, at most the block size. */
  readonly time: number;
  /** Of the next token at every position. */
  readonly logits: boolean;
  /** Also the logit lens (nostalgebraist 2020): last norm and projection applied to what leaves each block. */
  readonly lens: boolean;
  readonly attention: boolean;
}

/**
 * Inputs: `ids` int32 [1, T]. Outputs, as asked for: `logits` [T, V]; `lens` int32 [L + 1, T] and `lensProbability` [L + 1, T], the
 * most likely token by what enters the first block and by what leaves each one; `attention` [L, H, T, T].
 */
export function insideStep(gpt: Gpt, { time, logits, lens, attention }: InsideOptions): StepFunction {
  return {
    name: `inside ${time} ${logits} ${lens} ${attention}`,
    inputs: { ids: { shape: [1, time], dtype: 'int32' } },
    variables: gpt.variables,
    run: ({ ids }) => {
      const states: tf.Tensor[] = [];
      const weights: tf.Tensor[] = [];
      const hidden = gpt.hidden(ids!, { ...(lens && { states }), ...(attention && { weights }) });
      return {
        ...(logits && { logits: gpt.project(hidden) }),
        ...(lens && lensOf(states.map((state) => gpt.project(gpt.normalize(state))))),
        ...(attention && { attention: tf.concat(weights, 0) }),
      };
    },
  };
}

/** The most likely token of each layer's logits [T, V]. */
function lensOf(layers: readonly tf.Tensor[]): Record<'lens' | 'lensProbability', tf.Tensor> {
  const best = layers.map((logits) => {
    const most = tf.max(logits, -1, true);
    return {
      id: tf.argMax(logits, -1), // [T]
      probability: tf.div(1, tf.sum(tf.exp(tf.sub(logits, most)), -1)), // [T]
    };
  });
  return {
    lens: tf.stack(best.map(({ id }) => id)),
    lensProbability: tf.stack(best.map(({ probability }) => probability)),
  };
}

/** What predicts at one position of each text: the next token, or with a head a label. */
export type Predictor = Gpt | Classifier;

const int32 = (...shape: number[]): TensorSpec => ({ shape, dtype: 'int32' });

/** Logits [B, N]: N is V, or the number of labels. @param ids int32 [B, T] @param positions int32 [B] */
function predict(
  predictor: Predictor,
  ids: tf.Tensor,
  positions: tf.Tensor,
  options: Pick<GptOptions, 'edit'> = {},
): tf.Tensor {
  if (predictor instanceof Classifier) return predictor.read(ids, positions, options).scores;
  const [batch, time] = ids.shape as [number, number];
  const rows = tf.add(tf.range(0, batch * time, time, 'int32'), positions); // row b*T + positions[b]
  return predictor.project(embedding(predictor.hidden(ids, options), rows));
}

/** Inputs: `ids` int32 [B, T], `positions` int32 [B]. Output: `logits` [B, N], what is predicted there. */
export function predictionStep(predictor: Predictor, { batchSize, time }: BatchShape): StepFunction {
  return {
    name: `prediction ${batchSize}x${time}`,
    inputs: { ids: int32(batchSize, time), positions: int32(batchSize) },
    variables: predictor.variables,
    run: ({ ids, positions }) => ({ logits: predict(predictor, ids!, positions!) }),
  };
}

/**
 * The gradient of a score, a weighted sum of the prediction's logits, by the token embeddings e(ids) of a text, on the straight
 * line from those of a baseline. Inputs: `ids`, `baseline` int32 [1, T], `position` int32 [1], `weights` float32 [N], and
 * `fraction` float32 [], 1 for the text itself.
 * Outputs: `score` []; `product` [T], gradient times e(ids), summed over C; `path` [T], gradient times (e(ids) - e(baseline)), whose
 * mean over fractions between 0 and 1 is integrated gradients (Sundararajan et al. 2017, arXiv:1703.01365).
 */
export function gradientStep(predictor: Predictor, time: number): StepFunction {
  const gpt = predictor instanceof Classifier ? predictor.gpt : predictor;
  const { vocabSize } = gpt.config;
  const outputs = predictor instanceof Classifier ? predictor.labelCount : vocabSize;
  return {
    name: `gradient ${time}`,
    inputs: {
      ids: int32(1, time),
      baseline: int32(1, time),
      position: int32(1),
      weights: { shape: [outputs], dtype: 'float32' },
      fraction: { shape: [], dtype: 'float32' },
    },
    variables: predictor.variables,
    run: (inputs) => {
      const { ids, baseline, position, weights, fraction } = inputs as Record<string, tf.Tensor>;
      const tokens = gpt.embedTokens(ids!); // [T, C]
      const way = tf.sub(tokens, gpt.embedTokens(baseline!));
      const start = tf.add(gpt.embed(ids!), tf.mul(way, tf.sub(fraction!, 1)));
      const score = (first: tf.Tensor) => {
        const edit = (state: tf.Tensor, layer: number) => (layer === 0 ? first : state);
        return tf.sum(tf.mul(predict(predictor, ids!, position!, { edit }), weights!));
      };
      const { value, grad } = tf.valueAndGrad(score)(start);
      const over = (direction: tf.Tensor) => tf.sum(tf.mul(grad, direction), -1);
      return { score: value, product: over(tokens), path: over(way) };
    },
  };
}

/**
 * Activation patching (Meng et al. 2022, arXiv:2202.05262): in each row the residual stream at one layer and position is replaced
 * by that of row 0. Inputs: `ids` int32 [B, T]; `layers` int32 [B], 0 for what enters the first block, i for what leaves block i,
 * -1 to leave the row as it is; `places` int32 [B], the position that is replaced; `positions` int32 [B], where the prediction is
 * read. Output: `logits` [B, N].
 */
export function patchingStep(predictor: Predictor, { batchSize, time }: BatchShape): StepFunction {
  return {
    name: `patching ${batchSize}x${time}`,
    inputs: {
      ids: int32(batchSize, time),
      layers: int32(batchSize),
      places: int32(batchSize),
      positions: int32(batchSize),
    },
    variables: predictor.variables,
    run: (inputs) => {
      const { ids, layers, places, positions } = inputs as Record<string, tf.Tensor>;
      const there = tf.equal(tf.reshape(places!, [batchSize, 1]), tf.range(0, time, 1, 'int32')); // [B, T]
      const edit = (state: tf.Tensor, layer: number) => {
        const here = tf.equal(tf.reshape(layers!, [batchSize, 1]), tf.scalar(layer, 'int32')); // [B, 1]
        const patched = tf.reshape(tf.logicalAnd(there, here), [batchSize * time, 1]);
        const source = tf.tile(tf.slice(state, [0, 0], [time, state.shape[1]!]), [batchSize, 1]);
        return tf.where(patched, source, state);
      };
      return { logits: predict(predictor, ids!, positions!, { edit }) };
    },
  };
}

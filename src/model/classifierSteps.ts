// A classifier's work as an engine takes it: training with GPT-1's auxiliary loss, and the scores of texts.
import { tokenLoss, tokenLosses } from '../ops/index.js';
import * as tf from '../tf.js';
import type { TensorSpec } from '../trace/graph.js';
import type { StepFunction } from '../trace/step.js';
import type { Classifier } from './classifier.js';
import type { BatchShape, Weighting } from './steps.js';

export interface ClassifierLossOptions extends Weighting {
  /** Weight of the language-model loss on the same texts; 0 leaves it out. */
  readonly lmCoef: number;
  /** A weight for each label; default: all the same. */
  readonly labelWeights?: ArrayLike<number>;
}

const scalar: TensorSpec = { shape: [], dtype: 'float32' };
const int32 = (...shape: number[]): TensorSpec => ({ shape, dtype: 'int32' });

/** The weighted mean of the labels' negative log-likelihoods, as torch's cross_entropy with `weight`. */
function labelLoss(scores: tf.Tensor, labels: tf.Tensor, weights: ArrayLike<number> | undefined): tf.Tensor {
  if (!weights) return tokenLoss(scores, labels).loss;
  const zero = tf.scalar(0, 'int32');
  const counted = tf.cast(tf.greaterEqual(labels, zero), 'float32');
  const own = tf.gather(tf.tensor1d(Float32Array.from(weights)), tf.maximum(labels, zero) as tf.Tensor1D); // [B]
  const weight = tf.mul(own, counted);
  return tf.div(tf.sum(tf.mul(tokenLosses(scores, labels), weight)), tf.maximum(tf.sum(weight), 1e-12));
}

/**
 * Training (Radford et al. 2018, section 3.2). Inputs: `ids`, `targets` int32 [B, T], `labels`, `positions` int32 [B],
 * where a negative target or label does not count; with dropout also `seed` and `step`. Without `lmCoef` there is no
 * input `targets`. Outputs: `loss` = `labelLoss` + lmCoef `lmLoss`, each a mean over what counts, in nats; where they are
 * weighted, times the inputs `labelWeight` and `tokenWeight`.
 */
export function classifierLossStep(
  classifier: Classifier,
  { batchSize, time }: BatchShape,
  { lmCoef, labelWeights, weighted = false }: ClassifierLossOptions,
): StepFunction {
  const { gpt } = classifier;
  const dropping = gpt.config.dropout > 0;
  return {
    name: `classifier loss ${batchSize}x${time}`,
    inputs: {
      ids: int32(batchSize, time),
      ...(lmCoef > 0 ? { targets: int32(batchSize, time) } : {}),
      labels: int32(batchSize),
      positions: int32(batchSize),
      ...(dropping ? { seed: int32(), step: int32() } : {}),
      ...(weighted ? { labelWeight: scalar } : {}),
      ...(weighted && lmCoef > 0 ? { tokenWeight: scalar } : {}),
    },
    variables: classifier.variables,
    run: (inputs) => {
      const { ids, targets, labels, positions, seed, step, labelWeight, tokenWeight } = inputs as Record<
        string,
        tf.Tensor
      >;
      const times = (loss: tf.Tensor, weight: tf.Tensor | undefined) => (weight ? tf.mul(loss, weight) : loss);
      const key = dropping ? { seed: seed!, step: step! } : undefined;
      const { hidden, scores } = classifier.read(ids!, positions!, { dropout: key });
      const ofLabels = times(labelLoss(scores, labels!, labelWeights), labelWeight);
      if (lmCoef === 0) return { loss: ofLabels };
      const ofTokens = tokenLoss(gpt.project(hidden), tf.reshape(targets!, [targets!.size])).loss;
      const language = times(ofTokens, tokenWeight);
      return { loss: tf.add(ofLabels, tf.mul(language, lmCoef)), labelLoss: ofLabels, lmLoss: language };
    },
  };
}

/** Inputs: `ids` int32 [B, T], `positions` int32 [B]. Output: `scores` [B, L], the logits of the labels. */
export function scoresStep(classifier: Classifier, { batchSize, time }: BatchShape): StepFunction {
  return {
    name: `scores ${batchSize}x${time}`,
    inputs: { ids: int32(batchSize, time), positions: int32(batchSize) },
    variables: classifier.variables,
    run: ({ ids, positions }) => ({ scores: classifier.read(ids!, positions!).scores }),
  };
}

// A classifier's work as an engine takes it: training with GPT-1's auxiliary loss, and the scores of texts.
import { tokenLoss, tokenLosses, vocabularyLoss } from '../ops/index.js';
import * as tf from '../tf.js';
import type { TensorSpec } from '../trace/graph.js';
import type { StepFunction } from '../trace/step.js';
import type { Classifier } from './classifier.js';
import { type BatchShape, dropoutKeyOf, meanOf, type PartOfBatch, partInputs } from './steps.js';

export interface ClassifierLossOptions extends PartOfBatch {
  /** Weight of the language-model loss on the same texts; 0 leaves it out. */
  readonly lmCoef: number;
  /** A weight for each label; default: all the same. */
  readonly labelWeights?: ArrayLike<number>;
  /** K of multiple choice: the K rows of an example are scored by a head of one row, and the scores are its labels'. */
  readonly choices?: number;
}

const int32 = (...shape: number[]): TensorSpec => ({ shape, dtype: 'int32' });

/** The scores [B*K, 1] of K choices as [B, K]. Those that an example does not have cannot be chosen. */
function choiceScores(scores: tf.Tensor, choices: number, counts: tf.Tensor): tf.Tensor {
  const places = tf.range(0, choices, 1, 'int32');
  const absent = tf.cast(tf.greaterEqual(places, tf.reshape(counts, [-1, 1])), 'float32'); // [B, K]
  return tf.add(tf.reshape(scores, [-1, choices]), tf.mul(absent, -1e9));
}

/**
 * The weighted mean of the labels' negative log-likelihoods, as torch's cross_entropy with `weight`.
 * @param total the sum of the weights where it is that of a larger batch
 */
function labelLoss(
  scores: tf.Tensor,
  labels: tf.Tensor,
  weights: ArrayLike<number> | undefined,
  total: tf.Tensor | undefined,
): tf.Tensor {
  if (!weights) return meanOf(tokenLoss(scores, labels), total);
  const zero = tf.scalar(0, 'int32');
  const counted = tf.cast(tf.greaterEqual(labels, zero), 'float32');
  const own = tf.gather(tf.tensor1d(Float32Array.from(weights)), tf.maximum(labels, zero) as tf.Tensor1D); // [B]
  const weight = tf.mul(own, counted);
  return tf.div(tf.sum(tf.mul(tokenLosses(scores, labels), weight)), total ?? tf.maximum(tf.sum(weight), 1e-12));
}

/**
 * Training (Radford et al. 2018, section 3.2). Inputs: `ids`, `targets` int32 [B, T], `labels`, `positions` int32 [B],
 * where a negative target or label does not count; with dropout also `seed` and `step`. Without `lmCoef` there is no
 * input `targets`. Outputs: `loss` = `labelLoss` + lmCoef `lmLoss`, each a mean over what counts, in nats; of a part of a
 * batch, its share of the whole batch's means.
 * Multiple choice: `ids`, `targets` [B*K, T], `positions` [B*K], and `choices` [B], how many an example has.
 */
export function classifierLossStep(
  classifier: Classifier,
  { batchSize, time }: BatchShape,
  options: ClassifierLossOptions,
): StepFunction {
  const { lmCoef, labelWeights, choices = 1 } = options;
  const { gpt } = classifier;
  const dropping = gpt.config.dropout > 0;
  return {
    name: `classifier loss ${batchSize}x${time}`,
    inputs: {
      ids: int32(batchSize * choices, time),
      ...(lmCoef > 0 ? { targets: int32(batchSize * choices, time) } : {}),
      labels: int32(batchSize),
      positions: int32(batchSize * choices),
      ...(choices > 1 ? { choices: int32(batchSize) } : {}),
      ...(dropping ? { seed: int32(), step: int32() } : {}),
      ...partInputs(options, dropping, lmCoef > 0 ? ['labelTotal', 'tokenTotal'] : ['labelTotal']),
    },
    variables: classifier.variables,
    run: (inputs) => {
      const { ids, targets, labels, positions, labelTotal, tokenTotal } = inputs as Record<string, tf.Tensor>;
      const key = dropping ? dropoutKeyOf(inputs, batchSize * choices) : undefined;
      const { hidden, scores } = classifier.read(ids!, positions!, { dropout: key });
      const ofExamples = choices > 1 ? choiceScores(scores, choices, inputs['choices']!) : scores;
      const ofLabels = labelLoss(ofExamples, labels!, labelWeights, labelTotal);
      if (lmCoef === 0) return { loss: ofLabels };
      const ofTokens = vocabularyLoss(hidden, gpt.output, tf.reshape(targets!, [targets!.size]));
      const language = meanOf(ofTokens, tokenTotal);
      return { loss: tf.add(ofLabels, tf.mul(language, lmCoef)), labelLoss: ofLabels, lmLoss: language };
    },
  };
}

/**
 * Inputs: `ids` int32 [B, T], `positions` int32 [B]. Output: `scores` [B, L], the logits of the labels. Of K choices:
 * inputs as in training, `scores` [B, K].
 */
export function scoresStep(classifier: Classifier, { batchSize, time }: BatchShape, choices = 1): StepFunction {
  return {
    name: `scores ${batchSize}x${time}`,
    inputs: {
      ids: int32(batchSize * choices, time),
      positions: int32(batchSize * choices),
      ...(choices > 1 ? { choices: int32(batchSize) } : {}),
    },
    variables: classifier.variables,
    run: (inputs) => {
      const { scores } = classifier.read(inputs['ids']!, inputs['positions']!);
      return { scores: choices > 1 ? choiceScores(scores, choices, inputs['choices']!) : scores };
    },
  };
}

// The loss that a run is expected to end with: the law of Hoffmann et al. 2022 (arXiv:2203.15556) with the repeated data of
// Muennighoff et al. 2023 (arXiv:2305.16264) and a term for memorization, times the difficulty of the text.

import type { FamilyName } from '../model/registry.js';

/** Fitted by scripts/fit-recipe.py to the runs of bench/inputs/recipe-runs.jsonl; millions of parameters and bytes. */
const law = {
  /** What is left with any model and any amount of text. */
  floor: 0.452,
  parameters: { scale: 0.0454, exponent: 0.303 },
  bytes: { scale: 0.489, exponent: 0.188 },
  /** Passes after which more of them teach little. */
  passes: 3.26,
  /** Of `memorizationOf`. */
  memorization: 9.91e-6,
  /** Easy texts are easier still for a transformer; `usual` is English prose, bits per byte of the n-gram model. */
  difficulty: { usual: 2.25, exponent: 1.18 },
  /** How much more than a qwen3 other families need. */
  families: { gpt2: 1.026, llama: 1.002, qwen3: 1 },
};

export interface Training {
  /** See `learningParametersOf`. */
  readonly parameters: number;
  /** UTF-8 bytes that the steps see, repeated ones included. */
  readonly bytes: number;
  /** UTF-8 bytes of the training text. */
  readonly trainBytes: number;
}

/** Bytes of fresh text that would teach as much as these. */
export function effectiveBytes({ bytes, trainBytes }: Omit<Training, 'parameters'>): number {
  const repeats = bytes / trainBytes - 1;
  if (repeats <= 0) return bytes;
  return trainBytes * (1 + law.passes * (1 - Math.exp(-repeats / law.passes)));
}

/** How strongly a model tends to memorize its text: parameters per byte of it, and passes squared. */
export function memorizationOf({ parameters, bytes, trainBytes }: Training): number {
  return (parameters / trainBytes) * (bytes / trainBytes) ** 2;
}

/** Of the loss of a text, whatever its difficulty. */
export function relativeLoss({ parameters, bytes, trainBytes }: Training): number {
  return (
    law.floor +
    law.parameters.scale * (parameters / 1e6) ** -law.parameters.exponent +
    law.bytes.scale * (effectiveBytes({ bytes, trainBytes }) / 1e6) ** -law.bytes.exponent +
    law.memorization * memorizationOf({ parameters, bytes, trainBytes })
  );
}

/** The passes over a text that give a model its lowest loss: with more of them it memorizes more than it learns. */
export function bestPasses(parameters: number, trainBytes: number): number {
  if (trainBytes === Number.POSITIVE_INFINITY) return 1;
  const loss = (passes: number) => relativeLoss({ parameters, bytes: passes * trainBytes, trainBytes });
  let [low, high] = [0, Math.log(mostPasses)];
  while (high - low > 1e-4) {
    const third = (high - low) / 3;
    if (loss(Math.exp(low + third)) < loss(Math.exp(high - third))) high -= third;
    else low += third;
  }
  return Math.exp(low);
}

/** No run passes over its text more often. */
const mostPasses = 1000;

/**
 * Bits per byte of text that the model has not seen; at most 8, which need no model.
 * @param relative see `relativeLoss`
 * @param difficulty of the text: bits per byte of the n-gram model (text-facts.ts)
 */
export function expectedBits(relative: number, difficulty: number, arch: FamilyName): number {
  const { usual, exponent } = law.difficulty;
  return Math.min(8, relative * law.families[arch] * usual * (difficulty / usual) ** exponent);
}

// The loss that a run is expected to end with: the law of Hoffmann et al. 2022 (arXiv:2203.15556) with the repeated data of
// Muennighoff et al. 2023 (arXiv:2305.16264) and a term for what is learned by heart, in units of what a byte n-gram model needs
// for the same text.

import type { FamilyName } from '../model/registry.js';

/** Fitted by scripts/fit-recipe.py to the runs of bench/inputs/recipe-runs.jsonl; millions of parameters and bytes. */
const law = {
  /** What is left with any model and any amount of text. */
  floor: 0.639,
  parameters: { scale: 0.0384, exponent: 0.337 },
  bytes: { scale: 0.313, exponent: 0.278 },
  /** Passes after which more of them teach little. */
  passes: 3.23,
  /** Of parameters per byte of text and squared passes. */
  byHeart: 1.01e-5,
  /** How much more than a qwen3 other families need. */
  families: { gpt2: 1.028, llama: 1.011, qwen3: 1 },
};

/** The factor of a family on every loss. */
export const familyFactor = (arch: FamilyName): number => law.families[arch];

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

/** Of what the n-gram model needs. */
export function relativeLoss({ parameters, bytes, trainBytes }: Training): number {
  const passes = bytes / trainBytes;
  return (
    law.floor +
    law.parameters.scale * (parameters / 1e6) ** -law.parameters.exponent +
    law.bytes.scale * (effectiveBytes({ bytes, trainBytes }) / 1e6) ** -law.bytes.exponent +
    law.byHeart * (parameters / trainBytes) * passes ** 2
  );
}

/** The passes over a text that give a model its lowest loss: of more of them it learns less than it learns by heart. */
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

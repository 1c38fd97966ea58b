// The loss that a run is expected to end with: the law of Hoffmann et al. 2022 (arXiv:2203.15556) with the repeated data of
// Muennighoff et al. 2023 (arXiv:2305.16264) and a term for what is learned by heart, in units of what a byte n-gram model needs
// for the same text.

/** Fitted by scripts/fit-recipe.py to the runs of bench/inputs/recipe-runs.jsonl; millions of parameters and bytes. */
const law = {
  parameters: { scale: 0.044, exponent: 0.286 },
  bytes: { scale: 0.911, exponent: 0.1 },
  /** Passes after which more of them teach little. */
  passes: 2.79,
  /** Of parameters per byte of text and squared passes. */
  byHeart: 7.2e-6,
};

export interface Training {
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
    law.parameters.scale * (parameters / 1e6) ** -law.parameters.exponent +
    law.bytes.scale * (effectiveBytes({ bytes, trainBytes }) / 1e6) ** -law.bytes.exponent +
    law.byHeart * (parameters / trainBytes) * passes ** 2
  );
}

/** The passes over a text that give a model its lowest loss: more of them teach less than is learned by heart. */
export function bestPasses(parameters: number, trainBytes: number): number {
  const loss = (passes: number) => relativeLoss({ parameters, bytes: passes * trainBytes, trainBytes });
  let [low, high] = [0, Math.log(mostPasses)]; // golden section would do fewer steps; this is exact enough and short
  for (let i = 0; i < 60; i++) {
    const third = (high - low) / 3;
    if (loss(Math.exp(low + third)) < loss(Math.exp(high - third))) high -= third;
    else low += third;
  }
  return Math.exp((low + high) / 2);
}

/** No run passes over its text more often. */
const mostPasses = 1000;

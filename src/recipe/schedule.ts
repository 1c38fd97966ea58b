// What follows from a shape and the length of a run: learning rate, dropout, evaluations; and which batches suit which lengths.
// Rules of thumb, from the runs that docs/recipe.md lists.
import { batchSizes, type Shape } from './shapes.js';

/** The settings of a run that are chosen besides its shape. */
export interface Schedule {
  readonly learningRate: number;
  readonly dropout: number;
  readonly weightDecay: number;
  readonly evalInterval: number;
  /** Evaluations without improvement. */
  readonly earlyStop: number;
}

/** What a schedule is made around. */
export interface Usual {
  /** Of a model 128 wide. */
  readonly learningRate: number;
  readonly given: { readonly gradAccum?: number; readonly evalIters?: number };
}

/** The length of a run. */
export interface Length {
  readonly steps: number;
  /** See `memorizationOf`. */
  readonly memorization: number;
}

/** Wider models take smaller rates. @param usual that of a model 128 wide */
const learningRateOf = (nEmbd: number, usual: number) => round(usual * Math.sqrt(128 / nEmbd), 2);

/** A text that a model memorizes asks for both. Elsewhere dropout costs more than it gains. */
const dropoutOf = (memorization: number) => (memorization < 30 ? 0 : memorization < 300 ? 0.1 : 0.2);
const weightDecayOf = (memorization: number) => (memorization < 5 ? 0.1 : 0.5);

/** The part of the time that evaluations take at most, and how many there are at most. */
export const evaluationShare = 0.06;
const mostEvaluations = 20;
/** A batch of an evaluation, training and held-out text, compared with one of training. */
const evaluationCost = 2 / 3;

/** A learning rate that is still high makes some evaluations worse than the ones before them. */
const patience = 5;

export function scheduleFor(
  { nEmbd }: Shape,
  { steps, memorization }: Length,
  { learningRate, given }: Usual,
): Schedule {
  const { gradAccum = 1, evalIters = 20 } = given;
  const affordable = (evaluationShare * steps * gradAccum) / (evalIters * evaluationCost);
  const evaluations = Math.max(1, Math.min(mostEvaluations, Math.floor(affordable)));
  return {
    learningRate: learningRateOf(nEmbd, learningRate),
    dropout: dropoutOf(memorization),
    weightDecay: weightDecayOf(memorization),
    evalInterval: Math.max(1, round(steps / evaluations, 2)),
    earlyStop: patience,
  };
}

/**
 * The steps for which a batch of so many tokens is the right one: longer runs take larger batches. The smallest batch is for runs
 * of any shorter length, the largest for any longer one.
 */
export function stepsOfBatch({ batchSize }: Shape, tokens: number): [fewest: number, most: number] {
  // 1,024 tokens a step for 600,000 in all; the best batch grows with the square root of the length.
  const ideal = (600_000 * (tokens / 1024) ** 2) / tokens;
  return [
    batchSize === batchSizes[0] ? 1 : Math.ceil(ideal / 2),
    batchSize === batchSizes.at(-1) ? Number.POSITIVE_INFINITY : Math.ceil(ideal * 2),
  ];
}

function round(value: number, digits: number): number {
  return Number(value.toPrecision(digits));
}

// The last stage: one token out of logits, and how the stages are put together.
import { GptError } from '../errors.js';
import { Random, stream } from '../rng.js';
import {
  bias,
  type Filter,
  type FilterValues,
  limit,
  type Place,
  type SamplingFilter,
  samplingFilters,
  softmax,
  without,
} from './filters/index.js';

/** Logits [V] -> a token's id. */
export type Pick = (logits: Float32Array, place: Place) => number;

/** Uniform in [0, 1), a function of the place alone. */
export type Uniform = (position: number) => number;

/** The randomness of one sample of one seed: the token at a position depends on nothing else. */
export function sampleRandom(seed: number, index: number): Uniform {
  return (position) => new Random(stream.sample, seed, index, position).next();
}

/** The likeliest token; of equal ones that with the lowest id. */
export const greedy: Pick = (logits) => {
  let best = 0;
  for (let id = 1; id < logits.length; id++) if (logits[id]! > logits[best]!) best = id;
  return best;
};

/** Draws from the softmax of the logits: the first token at which the running sum of probabilities exceeds the number. */
export function draw(random: Uniform): Pick {
  return (logits, { position }) => {
    const probabilities = softmax(logits);
    const target = random(position);
    let sum = 0;
    let last = 0;
    for (let id = 0; id < probabilities.length; id++) {
      if (probabilities[id] === 0) continue;
      sum += probabilities[id]!;
      last = id;
      if (sum > target) break;
    }
    return last; // rounding may leave the sum just below 1
  };
}

/**
 * `compose(temperature(0.8), topK(40), draw(random))`: filters from left to right, then the choice.
 * The pick throws `sample/nan` for logits that no token can be drawn from.
 */
export function compose(...stages: readonly [...Filter[], Pick]): Pick {
  const filters = stages.slice(0, -1) as Filter[];
  const choose = stages.at(-1) as Pick;
  return (logits, place) => {
    check(logits, place.position);
    const left = filters.reduce((filtered, filter) => filter(filtered, place), logits);
    if (!left.some((logit) => logit > Number.NEGATIVE_INFINITY))
      throw broken('-Infinity for every token', place.position);
    return choose(left, place);
  };
}

function check(logits: Float32Array, position: number): void {
  for (let id = 0; id < logits.length; id++)
    if (!(logits[id]! < Number.POSITIVE_INFINITY)) throw broken(`${logits[id]} for token ${id}`, position);
}

function broken(what: string, position: number): GptError {
  return new GptError('sample/nan', `the model gave ${what} at position ${position}`, {
    hint: 'its training diverged or its file is damaged; try another checkpoint of the run',
  });
}

export interface SamplingOptions extends FilterValues {
  readonly greedy: boolean;
  readonly seed: number;
}

/** Which tokens of a model may be drawn. */
export interface Drawable {
  /** Ids from here on are never drawn. */
  readonly vocabSize: number;
  /** The unknown token, which is never drawn either. */
  readonly unknown?: number | undefined;
  /** What is added to logits, by id. */
  readonly biases?: ReadonlyMap<number, number>;
}

const none: ReadonlyMap<number, number> = new Map();

/** The filters of some settings, in the order of transformers' `generate`. @param sampled false: those of greedy sampling */
export function filtersOf(
  options: FilterValues,
  { vocabSize, unknown, biases = none }: Drawable,
  sampled: boolean,
): readonly Filter[] {
  const all: (readonly [string, SamplingFilter])[] = Object.entries(samplingFilters);
  const chosen = all.filter(([, { always }]) => sampled || always);
  const filters = chosen.map(([name, { filter }]) => filter(options[name as keyof FilterValues]));
  return [limit(vocabSize), without(unknown), bias(biases), ...filters];
}

/**
 * The pick that the settings of `gpt-cli sample` describe.
 * @param index which sample of several it is
 */
export function pickOf(options: SamplingOptions, index: number, drawable: Drawable): Pick {
  const sampled = !options.greedy && options.temperature > 0;
  const filters = filtersOf(options, drawable, sampled);
  return compose(...filters, sampled ? draw(sampleRandom(options.seed, index)) : greedy);
}

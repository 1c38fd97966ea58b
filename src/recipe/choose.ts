// The recipe for a text, a machine and a time: a pure function. It looks at every shape that fits, at as many steps as the time,
// the text and the batch allow, and takes the one from which the law expects the lowest loss.
import type { FamilyName } from '../model/registry.js';
import { bestPasses, expectedBits, memorizationOf, relativeLoss } from './law.js';
import { evaluationShare, type Schedule, scheduleFor, stepsOfBatch, type Usual } from './schedule.js';
import {
  batchSizes,
  bodies,
  learningParametersOf,
  memoryOf,
  parametersOf,
  type Shape,
  tokensPerStep,
} from './shapes.js';
import type { TextFacts, Vocabulary } from './text-facts.js';

/** Settings that a person gave: they are kept. */
export interface Given extends Partial<Shape> {
  readonly gradAccum?: number;
  readonly nKvHead?: number;
  readonly slidingWindow?: number;
  readonly evalIters?: number;
}

export interface Situation extends Usual {
  readonly text: TextFacts;
  /** Seconds for steps and evaluations. */
  readonly seconds: number;
  /** Seconds that a batch of a shape takes, forward, backward and update. */
  readonly secondsPerBatch: (shape: Shape) => number;
  /** Bytes that the run may take. */
  readonly memory: number;
  readonly arch: FamilyName;
  readonly given: Given;
}

export interface Recipe {
  readonly shape: Shape;
  readonly schedule: Schedule;
  /** Optimizer steps at that speed. */
  readonly steps: number;
  /** What ends the run: there is no time for more steps, or more passes over the text would teach nothing. */
  readonly limit: 'time' | 'text';
  /** Over the training text. */
  readonly passes: number;
  readonly parameters: number;
  /** Expected of text that the model has not seen. */
  readonly bitsPerByte: number;
}

interface Candidate extends Pick<Recipe, 'shape' | 'steps' | 'limit' | 'passes'> {
  /** See `memorizationOf` and `relativeLoss`. */
  readonly memorization: number;
  readonly loss: number;
}

/** The lowest loss that the law expects of a shape that fits: more time and more memory only add shapes and steps. */
export function chooseRecipe(situation: Situation): Recipe {
  const { text, given, memory, arch } = situation;
  const shapes = [...shapesFor(text, given)];
  const fitting = shapes.filter((shape) => memoryOf(shape) <= memory);
  const best = bestOf(fitting, situation);
  const { shape, steps, limit, passes, memorization, loss } = best ?? shortest(shapes, situation);
  return {
    shape,
    schedule: scheduleFor(shape, { steps, memorization }, situation),
    steps,
    limit,
    passes,
    parameters: parametersOf(shape),
    bitsPerByte: expectedBits(loss, text.difficulty, arch),
  };
}

function bestOf(shapes: readonly Shape[], situation: Situation): Candidate | undefined {
  let best: Candidate | undefined;
  for (const shape of shapes) {
    const candidate = candidateOf(shape, situation);
    if (candidate && (!best || candidate.loss < best.loss)) best = candidate;
  }
  return best;
}

function* shapesFor(text: TextFacts, given: Given): Generator<Shape> {
  for (const body of bodies)
    for (const vocabulary of vocabulariesFor(text))
      for (const batchSize of given.batchSize ? [given.batchSize] : batchSizes) {
        const nHead = given.nHead ?? headsFor(given.nEmbd ?? body.nEmbd, body.nHead, given.nKvHead ?? 1);
        yield {
          nLayer: given.nLayer ?? body.nLayer,
          nHead,
          nEmbd: given.nEmbd ?? Math.ceil(body.nEmbd / (2 * nHead)) * 2 * nHead,
          vocabSize: vocabulary.vocabSize,
          blockSize: given.blockSize ?? Math.min(contextFor(body, given), longestContext(text, vocabulary)),
          batchSize,
        };
      }
}

/** Tokens must occur often enough to be learned. The smallest vocabulary, or the only one, is for any text. */
function vocabulariesFor({ vocabularies, trainBytes }: TextFacts): readonly Vocabulary[] {
  return vocabularies.filter(({ vocabSize }, i) => i === 0 || vocabSize * bytesPerEntry <= trainBytes);
}

/** Bytes of text for each entry of a vocabulary: 50 to 100 occurrences of a token on average. */
const bytesPerEntry = 200;

/** As many as wanted, or fewer, so that each has an even width. */
function headsFor(nEmbd: number, wanted: number, groups: number): number {
  for (let heads = wanted; heads > groups; heads--) if (nEmbd % (2 * heads) === 0 && heads % groups === 0) return heads;
  return groups;
}

/** Tokens, several times those of a window that was given: a window must be shorter than the context. */
const contextFor = ({ blockSize }: Pick<Shape, 'blockSize'>, { slidingWindow: window = 0 }: Given) =>
  Math.max(blockSize, 4 * window);

/** Tokens: a block and its last target must lie in each part of the text, whose tokens are not counted yet. */
function longestContext({ trainBytes, heldOutBytes }: TextFacts, { bytesPerToken }: Vocabulary): number {
  const bytes = heldOutBytes > 0 ? Math.min(trainBytes, heldOutBytes) : trainBytes;
  return Math.max(1, Math.floor((0.8 * bytes) / bytesPerToken) - 1);
}

/**
 * Three times what Hoffmann et al. 2022 found best: on more tokens a larger model is better, of which the law, fitted to short runs,
 * knows little. A run on more tokens, as of a width that was given, is expected to be no better.
 */
const mostTokensPerParameter = 60;

/** @param least steps that are made in any case */
function candidateOf(shape: Shape, situation: Situation, least = 0): Candidate | undefined {
  const { text, seconds, secondsPerBatch, given } = situation;
  const { gradAccum = 1 } = given;
  const { trainBytes } = text;
  const { bytesPerToken } = text.vocabularies.find(({ vocabSize }) => vocabSize === shape.vocabSize)!;
  const tokens = tokensPerStep(shape) * gradAccum;
  const bytesPerStep = tokens * bytesPerToken;
  const parameters = learningParametersOf(shape);
  const byTime = Math.floor((seconds * (1 - evaluationShare)) / (secondsPerBatch(shape) * gradAccum));
  const byText = Math.ceil((bestPasses(parameters, trainBytes) * trainBytes) / bytesPerStep);
  const [fewest, most] = given.batchSize ? [1, Number.POSITIVE_INFINITY] : stepsOfBatch(shape, tokens);
  const byModel = Math.ceil((mostTokensPerParameter * parametersOf(shape)) / tokens);
  const steps = Math.max(least, Math.min(byTime, byText));
  const counted = Math.max(least, Math.min(steps, byModel, most));
  if (counted < fewest && least === 0) return undefined;
  const training = (count: number) => ({ parameters, bytes: count * bytesPerStep, trainBytes });
  return {
    shape,
    steps,
    limit: byText < byTime ? 'text' : 'time',
    passes: training(steps).bytes / trainBytes,
    memorization: memorizationOf(training(steps)),
    loss: relativeLoss(training(counted)),
  };
}

/** Where nothing fits the time or the memory: the least that is possible. */
function shortest(shapes: readonly Shape[], situation: Situation): Candidate {
  const seconds = shapes.map(situation.secondsPerBatch);
  const shape = shapes[seconds.indexOf(Math.min(...seconds))]!;
  return candidateOf(shape, situation, 1)!;
}

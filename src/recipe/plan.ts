// Measures a text and an engine, then chooses the recipe for them. Knows no run and no files.
import type { EngineChoice } from '../engine/index.js';
import type { PhaseEvent } from '../events.js';
import { phase } from '../session/phase.js';
import type { TimedModel } from '../session/timed-steps.js';
import type { TextPiece } from '../tokenizer/index.js';
import { chooseRecipe, type Given, type Recipe, type Situation } from './choose.js';
import { flopsPerStep, type Shape, tokensPerStep } from './shapes.js';
import { type Measured, measureSteps, speedOf } from './speed.js';
import { type TextFacts, type TextOptions, textFacts } from './text-facts.js';
import { sampleText } from './text-sample.js';

export interface Planning extends Pick<Situation, 'given' | 'memory' | 'arch' | 'learningRate'> {
  /** The training text, from its beginning. */
  readonly text: AsyncIterable<TextPiece>;
  /** The validation text, where it is one of its own. */
  readonly heldOut?: AsyncIterable<TextPiece> | undefined;
  readonly reading: Omit<TextOptions, 'heldOut'>;
  readonly engine: EngineChoice;
  /** What a run would train that has a recipe of this shape. */
  readonly modelOf: (shape: Shape, dropout: number) => Omit<TimedModel, 'batchSize'>;
  /** Seconds that the run has, this planning included. */
  readonly seconds: number;
  /** Each makes its part of a batch. */
  readonly workers: number;
  readonly signal?: AbortSignal | undefined;
}

export interface PlannedRecipe {
  readonly recipe: Recipe;
  readonly facts: TextFacts;
  /** At the measured speed, of all workers together. */
  readonly tokensPerSecond: number;
  /** Seconds of the run's that planning took. */
  readonly spent: number;
}

/** A small model, so that a slow engine is known to be slow in little time. */
function probeFor({ nKvHead: groups = 1, slidingWindow = 0 }: Given): Shape {
  const nHead = groups * Math.max(1, Math.round(4 / groups));
  return {
    nLayer: 2,
    nHead,
    nEmbd: 32 * nHead,
    vocabSize: 1024,
    blockSize: Math.max(64, slidingWindow + 1),
    batchSize: 8,
  };
}

/** Shapes are measured, each as it is chosen, until one is chosen that was: so many at most, in this part of the time. */
const mostMeasured = 3;
const measuringShare = 0.04;
/** On a slow machine planning may take longer; half of the time is left to train. */
const mostSpent = 0.5;
/** Seconds of steps. */
const longestMeasuring = 1;
/** Times of a batch, with what workers take to add up their gradients. */
const meetingCost = 1.2;

export async function* planRecipe(planning: Planning): AsyncGenerator<PhaseEvent, PlannedRecipe> {
  const { engine, modelOf, seconds, workers, signal } = planning;
  const began = performance.now();
  const spent = () => Math.min((performance.now() - began) / 1000, mostSpent * seconds);
  const facts = yield* phase('reading the text', () => read(planning));

  const measured: Measured[] = [];
  const ownPart = (shape: Shape) => ({ ...shape, batchSize: Math.ceil(shape.batchSize / workers) });
  const secondsPerBatch = (shape: Shape) => speedOf(measured)(ownPart(shape)) * (workers > 1 ? meetingCost : 1);
  const measure = (shape: Shape, dropout: number) => {
    const length = Math.min(longestMeasuring, measuringShare * seconds);
    return phase('measuring the speed of training', () => measureSteps(engine, shape, modelOf(shape, dropout), length));
  };

  measured.push(yield* measure(probeFor(planning.given), 0));
  for (;;) {
    const recipe = chooseRecipe({ ...planning, text: facts, seconds: seconds - spent(), secondsPerBatch });
    const shape = ownPart(recipe.shape);
    const known = measured.some((each) => isNear(each.shape, shape));
    if (known || measured.length >= mostMeasured || spent() > measuringShare * seconds) {
      const tokensPerSecond = tokensPerStep(recipe.shape) / secondsPerBatch(recipe.shape);
      return { recipe, facts, tokensPerSecond, spent: spent() };
    }
    signal?.throwIfAborted();
    measured.push(yield* measure(shape, recipe.schedule.dropout));
  }
}

async function read({ text, heldOut, reading, signal }: Planning): Promise<TextFacts> {
  const sample = await sampleText(text, signal);
  return textFacts(sample, { ...reading, heldOut: heldOut && (await sampleText(heldOut, signal)) }, signal);
}

/** Whether two shapes are as fast, but for their arithmetic. */
function isNear(a: Shape, b: Shape): boolean {
  const ratio = flopsPerStep(a) / flopsPerStep(b);
  return a.nEmbd === b.nEmbd && ratio > 0.8 && ratio < 1.25;
}

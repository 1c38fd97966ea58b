// Pretraining, from text files to a run folder: joins tokenizer, dataset, model, engine, training and checkpoints.
// Knows no terminal: it yields events. The command line and the library are both thin users of it.
import { join } from 'node:path';
import { checkOptions, type PretrainConfig, requireStrings } from '../config/index.js';
import { requireBlock, stemOf, stepsPerEpoch } from '../dataset/index.js';
import { GptError } from '../errors.js';
import type { PlanEvent, RunEvent } from '../events.js';
import { configureModel } from '../model/registry.js';
import { openRun } from '../run/open-run.js';
import { type TrainingOptions, trainingOptions } from '../run/options.js';
import { checkSchedule, stepsOf } from '../run/schedule.js';
import type { TrainingRun } from '../run/training-run.js';
import { openText, type RunText } from './open-text.js';
import { compileOnText } from './train-on-text.js';

export interface PretrainOptions extends TrainingOptions {
  /** Files, folders, globs, or `-` for standard input. May be empty when a run is resumed: it knows its text. */
  readonly inputs: readonly string[];
  readonly stdin?: NodeJS.ReadableStream | undefined;
}

/** Every option; true: it must be given. */
const known: Record<keyof PretrainOptions, boolean> = { inputs: true, stdin: false, ...trainingOptions };

/** `runs/<name>` for the first input, without its extension. */
function defaultOut(inputs: readonly string[]): string {
  const first = inputs[0];
  const name = first === undefined || first === '-' ? 'stdin' : stemOf(first);
  return join('runs', name.replace(/[*?[\]{}]/g, '') || 'run');
}

/**
 * Pretrains a GPT and yields what happens. The last event is `done`; a checkpoint is on disk when its event comes.
 * @throws GptError for anything that a user can fix, `train/diverged` included
 */
export async function* pretrain(options: PretrainOptions): AsyncGenerator<RunEvent> {
  checkOptions('pretrain', options, known);
  const { inputs, resume = false } = options;
  requireStrings('"inputs"', inputs);
  if (inputs.length === 0 && !resume) {
    throw new GptError('run/no-text', 'there is no text to train on', { hint: 'name a file, a folder, a glob or -' });
  }
  const out = options.out ?? defaultOut(inputs);
  const run = yield* openRun({ command: 'pretrain', out, inputs, options });
  let text: RunText | undefined;
  try {
    text = yield* openText(run, out, options);
    if (text.recipe) yield text.recipe.event;
    yield* pretrainOn(run, text);
  } finally {
    await run.close();
    text?.corpus.close();
  }
}

async function* pretrainOn(
  run: TrainingRun<'pretrain'>,
  { corpus, tokenizer, source, recipe, changed }: RunText,
): AsyncGenerator<RunEvent> {
  const { config, wholeBatch, base } = run.plan;
  const { train, validation } = corpus;
  const model = base ? { ...base, dropout: config.dropout } : configureModel(config, tokenizer.modelVocabSize);
  requireBlock(train, model.blockSize);
  if (validation.length > 0) requireBlock(validation, model.blockSize);

  const step = { batchSize: wholeBatch, blockSize: model.blockSize, gradAccum: config.gradAccum };
  const plan = recipe?.event ?? run.saved?.plan;
  const asked = { ...config, maxIters: config.maxIters ?? plannedEnd(plan, config) };
  const settled = { ...config, ...stepsOf(asked, stepsPerEpoch(train, step)) };
  yield* checkSchedule(settled);

  run.requireMemoryFor(model);
  const session = yield* run.openSession(model, tokenizer);
  yield* run.loadWeights(session);
  const task = yield* run.checkingMemory(session, compileOnText(run, session, corpus, settled));

  // The record and the log are written only now: whatever fails before leaves an older run as it was.
  const facts = { dataHash: corpus.meta.sha256 ?? run.saved?.dataHash, ...(plan && { plan }) };
  const log = recipe ? [recipe.event, ...changed] : changed;
  await run.createFolder(session, { settled, source, facts, changed: log });
  yield* run.train(session, { ...task, ...(recipe && { spentSeconds: recipe.event.planning }) });
}

/** Where more passes over the text would teach nothing, though there is time; null for a run of another time than planned. */
function plannedEnd(plan: PlanEvent | undefined, { maxTime }: PretrainConfig): number | null {
  return plan?.limit === 'text' && plan.maxTime === maxTime ? plan.steps : null;
}

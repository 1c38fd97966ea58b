// Finetuning, from labelled data to a run folder: a classifier, an instruction follower, or a continued model. Knows no
// terminal: it yields events. What is learned is decided in task.ts; the loop is that of pretraining.
import { join } from 'node:path';
import { checkOptions, type FinetuneConfig, type Sources } from '../config/index.js';
import { mostChoices, stemOf } from '../dataset/index.js';
import { GptError } from '../errors.js';
import type { NoticeEvent, RunEvent } from '../events.js';
import { countParameters } from '../model/index.js';
import { openRun } from '../run/open-run.js';
import { type TrainingOptions, trainingOptions } from '../run/options.js';
import { checkData, otherData, type SavedRun } from '../run/record.js';
import { checkSchedule, stepsOf } from '../run/schedule.js';
import type { TrainingRun } from '../run/training-run.js';
import { mostInBatch } from '../scoring/batch-size.js';
import { tokensOf } from '../scoring/encode.js';
import { quoteCommand } from '../shell-quote.js';
import { baselineNotice } from './baselines.js';
import { fingerprintOf, hashOf } from './data-hash.js';
import { epochsFor } from './epochs.js';
import { settledRates } from './learning-rate.js';
import { StepBatches } from './length-buckets.js';
import { evaluationRows } from './objectives.js';
import { type FinetuneTask, prepareTask } from './task.js';

export interface FinetuneOptions extends TrainingOptions {
  /** A CSV, TSV or JSONL file, or a folder with train, valid and test. Optional when a run is resumed. */
  readonly data?: string | undefined;
}

/** Every option; none must be given: a resumed run knows its data. */
const known: Record<keyof FinetuneOptions, boolean> = { data: false, ...trainingOptions };

/**
 * Finetunes a GPT and yields what happens. The last event is `done`; a checkpoint is on disk when its event comes.
 * @throws GptError for anything that a user can fix
 */
export async function* finetune(options: FinetuneOptions): AsyncGenerator<RunEvent> {
  checkOptions('finetune', options, known);
  const { data, resume = false } = options;
  if (data === undefined && !resume) {
    throw new GptError('run/no-data', 'there is no data to finetune on', {
      hint: 'name a CSV, TSV or JSONL file, or a folder with train, valid and test',
    });
  }
  const out = options.out ?? join('runs', stemOf(data ?? 'run'));
  const inputs = data === undefined ? [] : [data];
  const run = yield* openRun({ command: 'finetune', out, inputs, options });
  try {
    yield* finetuneOn(run, inputs);
  } finally {
    await run.close();
  }
}

/** @param named the data that was named for this command; empty where a run is resumed with its own */
async function* finetuneOn(run: TrainingRun<'finetune'>, named: readonly string[]): AsyncGenerator<RunEvent> {
  const { config, sources, inputs, splitRule } = run.plan;
  const [data = ''] = inputs;
  const task = yield* prepareTask(run, data);
  const { kind, reason, template, labels, baselines, session, train: examples, validation } = task;
  const dataHash = hashOf(task);
  const changed = checkFinetuningData(run, dataHash, examples, named);
  yield* changed;
  await run.workers.requireSame(() => Number.parseInt(dataHash.slice(0, 8), 16) | 0, 'the data');

  const shape = {
    ...config,
    blockSize: session.gpt.config.blockSize,
    choices: mostChoices(examples),
    answersAlone: labels === undefined,
    fewPrograms: countParameters(session.specs) >= largeModel,
  };
  const batches = new StepBatches(examples, shape, config.seed, run.part);
  const program = yield* run.checkingMemory(session, task.compile(batches));
  const rates = settledRates(config, sources, countParameters(session.specs));
  const quantize = task.scheme ?? 'none';
  const settled = { ...settle(config, sources, batches.stepsPerEpoch), ...rates, quantize };
  yield* checkSchedule(settled);

  const source = { inputs: [data], workingDirectory: process.cwd() };
  const padded = recordedBatches(batches, task, shape.choices);
  const facts = { task: kind, reason, ...(labels ? { labels } : { template }), dataHash, splitRule, batches: padded };
  await run.createFolder(session, { settled, source, facts, changed });
  yield* run.train(session, {
    settled,
    start: {
      tokens: { train: tokensOf(examples), val: tokensOf(validation) },
      examples: { train: examples.length, val: validation.length },
      task: kind,
      ...(labels && { labels }),
      ...(baselines && { baselines: { majority: baselines.majority, bagOfWords: baselines.bagOfWords } }),
    },
    notices: [
      ...(kind === 'instruct' ? [howToPrompt(task, run.folder.directory)] : []),
      ...(baselines ? [baselineNotice(baselines, task)] : []),
    ],
    program,
    microBatches: (iter) => task.feeds(batches.at(iter), iter),
    evaluate: await task.begin(),
    tokensPerStep: Math.round(tokensOf(examples) / batches.stepsPerEpoch),
    save: task.save,
  });
}

/** What `inspect --estimate` of the run needs to know of its batches. */
function recordedBatches(
  { lengths, answers }: StepBatches,
  { labels, train, validation }: FinetuneTask,
  choices: number,
) {
  const evaluated = Math.max(train.length, validation.length);
  return {
    lengths,
    answers: lengths.map((length) => answers.get(length) ?? null),
    evaluationRows: Math.min(labels ? evaluationRows : mostInBatch, evaluated),
    ...(labels && { labels: labels.length, choices }),
  };
}

/** The command that prompts the model as it is trained: a chat, or the first example's prompt. */
function howToPrompt({ train: examples, session: { tokenizer }, chats }: FinetuneTask, out: string): NoticeEvent {
  if (chats) {
    const message = `talk to it with the template that it is trained with: ${quoteCommand(['gpt-cli', 'chat', out])}`;
    return { event: 'notice', level: 'info', message };
  }
  const { ids, targets } = examples[0]!;
  const answer = targets.findIndex((target) => target >= 0);
  const prompt = tokenizer.decode(ids.subarray(0, answer + 1));
  const command = quoteCommand(['gpt-cli', 'sample', out, '--prompt', prompt]);
  const message = `prompt it as it is trained, for example: ${command}`;
  return { event: 'notice', level: 'info', message };
}

/** Runs from before `dataHash` have a fingerprint, of the training rows only. */
function checkFinetuningData(
  { saved: record, options }: TrainingRun<'finetune'>,
  dataHash: string,
  examples: FinetuneTask['train'],
  named: readonly string[],
): NoticeEvent[] {
  const saved: (SavedRun & { readonly fingerprint?: number }) | undefined = record;
  const how = { allowed: options.allowChangedData, ...(named.length > 0 && { now: named }) };
  if (saved?.dataHash !== undefined) return checkData(saved, dataHash, how);
  if (saved?.fingerprint === undefined || saved.fingerprint === fingerprintOf(examples)) return [];
  return otherData(saved.inputs, how);
}

/** Parameters from which on a program takes seconds to compile. */
const largeModel = 50e6;

/** The settings that depend on how much data there is. */
function settle(config: FinetuneConfig, sources: Sources, stepsPerEpoch: number): FinetuneConfig {
  const open = (key: keyof FinetuneConfig) => sources[key] === 'default' || sources[key] === 'derived';
  const evalInterval = open('evalInterval')
    ? Math.max(1, Math.min(config.evalInterval, Math.ceil(stepsPerEpoch)))
    : config.evalInterval;
  const saveInterval = open('saveInterval') ? evalInterval : config.saveInterval;
  const epochs = sources['epochs'] === 'default' ? epochsFor(stepsPerEpoch) : config.epochs;
  return { ...config, epochs, ...stepsOf({ ...config, epochs }, stepsPerEpoch), evalInterval, saveInterval };
}

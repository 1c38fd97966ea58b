// Finetuning, from labelled data to a run folder: a classifier, a follower of instructions, or a continued model. Knows no
// terminal: it yields events. What is learned is decided in labelled/task.ts; the loop is that of pretraining.
import { basename, extname, join } from 'node:path';
import { claimRun, openCheckpoint, type Run, replaceTrainingState } from '../checkpoint/index.js';
import type { ClusterSpec } from '../cluster/index.js';
import {
  checkOptions,
  type FinetuneConfig,
  type Layer,
  type Resolved,
  resolve,
  type Sources,
} from '../config/index.js';
import { mostChoices, type SplitRule, splitRule } from '../dataset/index.js';
import { GptError } from '../errors.js';
import { countParameters } from '../model/index.js';
import { quoteCommand } from '../shell-quote.js';
import { type TrainingJob, train } from '../train/index.js';
import type { NoticeEvent, RunEvent } from './events.js';
import { type Inspection, unheard } from './inspection.js';
import { StepBatches } from './labelled/bucketed.js';
import { fingerprintOf, hashOf, tokensOf } from './labelled/data.js';
import { type FinetuneTask, prepareTask } from './labelled/task.js';
import { checkData, inputsOf, logged, otherData, recordOf, type SavedRun } from './record.js';
import { goOn, resized, wholeBatchOf } from './resume.js';
import { checkWarmup, scheduleOf, stepsOf } from './schedule.js';
import type { OpenedEngine } from './session/session.js';
import { continuationOf } from './stable.js';
import { runTraining } from './training.js';
import { leads, takeOrders, temporaryRun } from './workers/follow.js';
import { joinWorkers } from './workers/join.js';
import { Team } from './workers/team.js';

export interface FinetuneOptions extends Inspection {
  /** A CSV, TSV or JSONL file, or a folder with train, valid and test. May be left out when a run is resumed. */
  readonly data?: string | undefined;
  /** Settings by camelCase key, weakest layer first: presets, config files, flags. */
  readonly layers?: readonly Layer[];
  /** The run folder; default `runs/<the data's name>`. */
  readonly out?: string | undefined;
  readonly resume?: boolean;
  /** Resume although the data is not the one that the run was trained on. */
  readonly allowChangedData?: boolean;
  readonly overwrite?: boolean;
  /** Aborted: the step is finished and the state saved. */
  readonly signal?: AbortSignal | undefined;
  /** Other workers to train with, and which of them this is: what TF_CONFIG says. Only worker 0 writes to `out`. */
  readonly cluster?: ClusterSpec | undefined;
  /** What a person typed, kept in the run. */
  readonly commandLine?: readonly string[];
}

/** Every option; none must be given: a resumed run knows its data. */
const known: Record<keyof FinetuneOptions, boolean> = {
  ...{ data: false, layers: false, out: false, resume: false, allowChangedData: false, overwrite: false },
  ...{ signal: false, onGraph: false, profile: false, memoryCheck: false, cluster: false, commandLine: false },
};

/**
 * Finetunes a GPT and yields what happens. The last event is `done`; a checkpoint is on disk when its event comes.
 * @throws GptError for anything that a person can mend
 */
export async function* finetune(options: FinetuneOptions): AsyncGenerator<RunEvent> {
  checkOptions('finetune', options, known);
  const { data, layers = [], resume = false, overwrite = false, cluster } = options;
  if (data === undefined && !resume) {
    throw new GptError('run/no-data', 'there is no data to finetune on', {
      hint: 'name a CSV, TSV or JSONL file, or a folder with train, valid and test',
    });
  }
  const given = resume && leads(cluster) ? undefined : resolve('finetune', layers);
  const out = options.out ?? join('runs', basename(data ?? 'run', extname(data ?? '')));
  const run = leads(cluster) ? await claimRun(out, { resume, overwrite }) : temporaryRun();
  try {
    const saved = resume && leads(cluster) ? recordOf(run, 'finetune') : undefined;
    const resolved = given ?? goOn('finetune', saved!, out, layers, cluster?.addresses.length ?? 1);
    yield* finetuneIn(run, resolved, saved, options);
  } finally {
    run.release();
  }
}

async function* finetuneIn(
  run: Run,
  { values, sources: given }: Resolved<'finetune'>,
  saved: SavedRun | undefined,
  options: FinetuneOptions,
): AsyncGenerator<RunEvent> {
  const { signal, onGraph, profile, memoryCheck = true, cluster } = options;
  const continuation =
    leads(cluster) && run.checkpoint !== undefined ? await continuationOf(run, saved, values) : undefined;
  const starting = leads(cluster) && !continuation && values.from !== null;
  const checkpoint = starting ? await openCheckpoint(values.from!) : continuation?.checkpoint;
  let opened: OpenedEngine | undefined;
  let task: FinetuneTask | undefined;
  try {
    if (cluster) opened = yield* joinWorkers(values, cluster, { onGraph, profile }, signal);
    const team = new Team(opened?.engine.cluster);
    const own = {
      config: values,
      sources: given,
      inputs: [options.data ?? inputsOf(saved)[0] ?? ''],
      wholeBatch: wholeBatchOf(saved, values, team.size),
      resumed: continuation?.training ?? null,
    };
    const { config, sources, inputs, wholeBatch, resumed } = await takeOrders(team, 'finetune', own, !options.resume);
    yield* resized(saved, config, team.size);
    yield* continuation?.notices ?? [];
    const data = options.data ?? inputs[0]!;
    const resuming = resumed !== null;
    // Runs from before the rule had a version began with the first one.
    const rule = await team.share<SplitRule>(saved ? (saved.splitRule ?? 1) : splitRule);
    task = yield* prepareTask({
      run,
      data,
      config,
      wholeBatch,
      sources,
      checkpoint,
      signal,
      onGraph,
      profile,
      opened,
      team,
      resuming,
      rule,
    });
    yield* unheard(task.session.engine, options);
    const { session, train: examples, validation } = task;
    const dataHash = hashOf(task);
    const named = options.data === undefined ? {} : { now: [options.data] };
    const changed = checkFinetuningData(saved, dataHash, examples, { allowed: options.allowChangedData, ...named });
    yield* changed;
    await team.requireCommon(Number.parseInt(dataHash.slice(0, 8), 16) | 0, 'the data');

    const shape = {
      ...config,
      blockSize: session.gpt.config.blockSize,
      choices: mostChoices(examples),
      answersAlone: task.labels === undefined,
    };
    const batches = new StepBatches(examples, shape, config.seed, team.partOf(wholeBatch));
    if (memoryCheck) session.watchMemory(config);
    const program = yield* task.compile(batches);
    if (memoryCheck) session.requireMemory(config);
    const settled = settle(config, sources, batches.stepsPerEpoch);
    yield* checkWarmup(settled);
    const { kind, reason, template, labels } = task;
    const facts = { task: kind, reason, ...(labels ? { labels } : { template }), dataHash, splitRule: rule };
    const record = {
      command: 'finetune',
      inputs: [data],
      workingDirectory: process.cwd(),
      // What is settled is kept, so that a resumed run has the same; of steps and epochs only what was asked for.
      config: session.settled({ ...settled, maxIters: config.maxIters }),
      model: session.gpt.config,
      workers: team.size,
      wholeBatch,
      ...facts,
    };
    await continuation?.begin();
    const log = await run.start({ ...record, ...logged(options.commandLine) }, resumed ?? undefined);
    try {
      for (const notice of changed) log.append(notice);
      const evaluate = await task.begin(resuming);
      yield {
        event: 'start',
        command: 'finetune',
        backend: session.engine.name,
        device: session.engine.device,
        threads: session.engine.threads,
        ...(team.cluster && { workers: team.size }),
        parameters: countParameters(session.specs),
        vocabSize: session.gpt.config.vocabSize,
        tokens: { train: tokensOf(examples), val: tokensOf(validation) },
        examples: { train: examples.length, val: validation.length },
        task: kind,
        ...(labels && { labels }),
        iter: resumed?.iter ?? 0,
        maxIters: settled.maxIters,
        maxTime: settled.maxTime,
        out: run.directory,
      };
      if (kind === 'instruct') yield howToPrompt(task, run.directory);
      const job = { program, evaluate, batches, task, resumed, signal, team };
      const events = runTraining({
        events: train(jobOf(settled, job)),
        out: run.directory,
        begin: () => run.begin(),
        ...(team.leads && {
          save: (which, training) => task!.save(run[which], training, which !== 'best'),
          saveState: (training) => replaceTrainingState(run.last, training),
        }),
      });
      for await (const event of events) {
        if (event.event !== 'phase' && event.event !== 'notice') log.append(event);
        yield event;
      }
      await team.leave();
    } finally {
      log.close();
    }
  } finally {
    if (task) await task.session.close();
    else await opened?.engine.dispose();
    await checkpoint?.close();
  }
}

/** What a person types to ask the model as it was taught: the first example's prompt. */
function howToPrompt({ train: examples, session: { tokenizer } }: FinetuneTask, out: string): NoticeEvent {
  const { ids, targets } = examples[0]!;
  const answer = targets.findIndex((target) => target >= 0);
  const prompt = tokenizer.decode(ids.subarray(0, answer + 1));
  const command = quoteCommand(['gpt-cli', 'sample', out, '--prompt', prompt]);
  const message = `prompt it as it is trained, for example: ${command}`;
  return { event: 'notice', level: 'info', message };
}

/** Runs from before `dataHash` have a fingerprint, of the training rows only. */
function checkFinetuningData(
  saved: (SavedRun & { fingerprint?: number }) | undefined,
  dataHash: string,
  examples: FinetuneTask['train'],
  options: { readonly allowed: boolean | undefined; readonly now?: readonly string[] },
): NoticeEvent[] {
  if (saved?.dataHash !== undefined) return checkData(saved, dataHash, options);
  if (saved?.fingerprint === undefined || saved.fingerprint === fingerprintOf(examples)) return [];
  return otherData(saved.inputs, options);
}

/** The settings that depend on how much data there is. */
function settle(config: FinetuneConfig, sources: Sources, stepsPerEpoch: number): FinetuneConfig {
  const open = (key: keyof FinetuneConfig) => sources[key] === 'default' || sources[key] === 'derived';
  const evalInterval = open('evalInterval')
    ? Math.max(1, Math.min(config.evalInterval, Math.ceil(stepsPerEpoch)))
    : config.evalInterval;
  const saveInterval = open('saveInterval') ? evalInterval : config.saveInterval;
  return { ...config, ...stepsOf(config, stepsPerEpoch), evalInterval, saveInterval };
}

interface JobParts {
  readonly program: TrainingJob['program'];
  readonly evaluate: TrainingJob['evaluate'];
  readonly batches: StepBatches;
  readonly task: FinetuneTask;
  readonly resumed: TrainingJob['resume'] | null;
  readonly team: Team;
  readonly signal: AbortSignal | undefined;
}

function jobOf(
  config: FinetuneConfig,
  { program, evaluate, batches, task, resumed, signal, team }: JobParts,
): TrainingJob {
  const { seed } = config;
  return {
    program,
    microBatches: (iter) => task.feeds(batches.at(iter), iter),
    ...scheduleOf(config),
    evaluate,
    tokensPerStep: Math.round(tokensOf(task.train) / batches.stepsPerEpoch),
    seed,
    ...(resumed && { resume: resumed }),
    ...(config.maxIters !== null && { maxIters: config.maxIters }),
    ...(config.maxTime !== null && { maxSeconds: config.maxTime }),
    evalInterval: config.evalInterval,
    ...(config.saveInterval !== null && { saveInterval: config.saveInterval }),
    logInterval: config.logInterval,
    earlyStop: config.earlyStop,
    ...(signal && { signal }),
    ...(team.cluster && { cluster: team.cluster }),
  };
}

// Finetuning, from labelled data to a run folder: a classifier, a follower of instructions, or a continued model. Knows no
// terminal: it yields events. What is learned is decided in finetune-task.ts; the loop is that of pretraining.
import { basename, extname, join } from 'node:path';
import { type Checkpoint, claimRun, openCheckpoint, type Run } from '../checkpoint/index.js';
import { type FinetuneConfig, type Layer, resolve, resumeConfig, type Sources } from '../config/index.js';
import { mostChoices } from '../dataset/index.js';
import { GptError } from '../errors.js';
import { countParameters } from '../model/index.js';
import { type TrainingJob, train } from '../train/index.js';
import { StepBatches } from './bucketed.js';
import type { NoticeEvent, RunEvent } from './events.js';
import { type FinetuneTask, prepareTask } from './finetune-task.js';
import { type Inspection, unheard } from './inspection.js';
import { fingerprintOf, tokensOf } from './labelled-data.js';
import { logged, recordOf, type SavedRun } from './record.js';
import { learningRateOf } from './schedule.js';
import { runTraining } from './training.js';

export interface FinetuneOptions extends Inspection {
  /** A CSV, TSV or JSONL file, or a folder with train, valid and test. May be left out when a run goes on. */
  readonly data?: string | undefined;
  /** Settings by camelCase key, weakest layer first: presets, config files, flags. */
  readonly layers?: readonly Layer[];
  /** The run folder; default `runs/<the data's name>`. */
  readonly out?: string | undefined;
  readonly resume?: boolean;
  readonly overwrite?: boolean;
  /** Aborted: the step is finished and the state saved. */
  readonly signal?: AbortSignal | undefined;
  /** What a person typed, kept in the run. */
  readonly commandLine?: readonly string[];
}

/**
 * Finetunes a GPT and yields what happens. The last event is `done`; a checkpoint is on disk when its event comes.
 * @throws GptError for anything that a person can mend
 */
export async function* finetune(options: FinetuneOptions): AsyncGenerator<RunEvent> {
  const { data, layers = [], resume = false, overwrite = false } = options;
  if (data === undefined && !resume) {
    throw new GptError('run/no-data', 'there is no data to finetune on', {
      hint: 'name a CSV, TSV or JSONL file, or a folder with train, valid and test',
    });
  }
  const given = resume ? undefined : resolve('finetune', layers);
  const out = options.out ?? join('runs', basename(data ?? 'run', extname(data ?? '')));
  const run = await claimRun(out, { resume, overwrite });
  try {
    const saved = resume ? recordOf(run, 'finetune') : undefined;
    const { values, sources } = given ?? resumeConfig('finetune', saved!.config, out, layers);
    yield* finetuneIn(run, values, sources, saved, options);
  } finally {
    run.release();
  }
}

async function* finetuneIn(
  run: Run,
  config: FinetuneConfig,
  sources: Sources,
  saved: SavedRun | undefined,
  options: FinetuneOptions,
): AsyncGenerator<RunEvent> {
  const { signal, onGraph, profile, memoryCheck = true } = options;
  const data = options.data ?? saved!.inputs[0]!;
  const checkpoint = await startingPoint(run, config);
  let task: FinetuneTask | undefined;
  try {
    task = yield* prepareTask({ run, data, config, sources, checkpoint, signal, onGraph, profile });
    yield* unheard(task.session.engine, options);
    const { session, train: examples, validation } = task;
    const resumed = run.checkpoint === undefined ? undefined : checkpoint!.training;
    const fingerprint = fingerprintOf(examples);
    if (saved) requireSame(saved, fingerprint, data);

    const shape = { ...config, blockSize: session.gpt.config.blockSize, choices: mostChoices(examples) };
    const batches = new StepBatches(examples, shape, config.seed);
    const program = yield* task.compile(batches.lengths);
    if (memoryCheck) session.requireMemory(config);
    const settled = settle(config, sources, batches.stepsPerEpoch);
    const { kind, reason, template, labels } = task;
    const facts = { task: kind, reason, ...(labels ? { labels } : { template }), fingerprint };
    const record = { command: 'finetune', inputs: [data], config: settled, model: session.gpt.config, ...facts };
    const log = await run.start({ ...record, ...logged(options.commandLine) }, resumed);
    try {
      const evaluate = await task.begin(resumed !== undefined);
      yield {
        event: 'start',
        command: 'finetune',
        backend: session.engine.name,
        device: session.engine.device,
        threads: session.engine.threads,
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
      const job = { program, evaluate, batches, task, resumed, signal };
      const events = runTraining({
        events: train(jobOf(settled, job)),
        out: run.directory,
        save: (which, training) => task!.save(run[which], training, which === 'last'),
      });
      for await (const event of events) {
        if (event.event !== 'phase' && event.event !== 'notice') log.append(event);
        yield event;
      }
    } finally {
      log.close();
    }
  } finally {
    await task?.session.close();
    await checkpoint?.close();
  }
}

/** What a person types to ask the model as it was taught: the first example's prompt. */
function howToPrompt({ train: examples, session: { tokenizer } }: FinetuneTask, out: string): NoticeEvent {
  const { ids, targets } = examples[0]!;
  const answer = targets.findIndex((target) => target >= 0);
  const prompt = tokenizer.decode(ids.subarray(0, answer + 1));
  const quoted = /[\n'\\]/.test(prompt)
    ? `$'${prompt.replace(/[\\']/g, '\\$&').replaceAll('\n', '\\n')}'`
    : `'${prompt}'`;
  const message = `ask it as it is taught, for example: gpt-cli sample ${out} --prompt ${quoted}`;
  return { event: 'notice', level: 'info', message };
}

/** The checkpoint whose weights the run begins with: its own last one, or that of --from. */
async function startingPoint(run: Run, config: FinetuneConfig): Promise<Checkpoint | undefined> {
  if (run.checkpoint !== undefined) return openCheckpoint(run.checkpoint, { prefer: 'last' });
  return config.from === null ? undefined : openCheckpoint(config.from);
}

/** A run goes on only with the examples that it began with. */
function requireSame(saved: SavedRun & { fingerprint?: number }, fingerprint: number, data: string): void {
  if (saved.fingerprint === undefined || saved.fingerprint === fingerprint) return;
  throw new GptError('run/data-changed', `${data} is not what it was when the run began`, {
    hint: 'put the data back as it was, or begin anew with --overwrite',
  });
}

/** The settings that depend on how much data there is: they are kept in the run, so that a resumed one has the same. */
function settle(config: FinetuneConfig, sources: Sources, stepsPerEpoch: number): FinetuneConfig {
  const { epochs } = config;
  const maxIters = epochs === null ? config.maxIters : Math.ceil(epochs * stepsPerEpoch);
  const open = (key: keyof FinetuneConfig) => sources[key] === 'default' || sources[key] === 'derived';
  const evalInterval = open('evalInterval')
    ? Math.max(1, Math.min(config.evalInterval, Math.ceil(stepsPerEpoch)))
    : config.evalInterval;
  const warmupIters =
    open('warmupIters') && maxIters !== null ? Math.min(100, Math.floor(maxIters / 10)) : config.warmupIters;
  const saveInterval = open('saveInterval') ? evalInterval : config.saveInterval;
  return { ...config, maxIters, evalInterval, warmupIters, saveInterval };
}

interface JobParts {
  readonly program: TrainingJob['program'];
  readonly evaluate: TrainingJob['evaluate'];
  readonly batches: StepBatches;
  readonly task: FinetuneTask;
  readonly resumed: TrainingJob['resume'] | undefined;
  readonly signal: AbortSignal | undefined;
}

function jobOf(config: FinetuneConfig, { program, evaluate, batches, task, resumed, signal }: JobParts): TrainingJob {
  const { gradAccum, seed } = config;
  return {
    program,
    microBatches: (iter) => batches.at(iter).map((batch, micro) => task.feed(batch, (iter - 1) * gradAccum + micro)),
    learningRate: learningRateOf(config),
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
  };
}

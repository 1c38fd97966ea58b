// Pretraining, from text files to a run folder: joins tokenizer, dataset, model, engine, training and checkpoints.
// Knows no terminal: it yields events. The command line and the library are both thin users of it.
import { basename, extname, join } from 'node:path';
import { type Checkpoint, claimRun, openCheckpoint, type Run, type RunLog } from '../checkpoint/index.js';
import { type Layer, type PretrainConfig, resolve, resumeConfig, type TrainingConfig } from '../config/index.js';
import { type Batch, type Corpus, randomBatch, requireBlock, stepsPerEpoch } from '../dataset/index.js';
import type { Feeds } from '../engine/index.js';
import { GptError } from '../errors.js';
import type { GptConfig } from '../model/config.js';
import { countParameters, evaluationStep, lossStep, parameterSpecs } from '../model/index.js';
import type { Tokenizer } from '../tokenizer/index.js';
import { train } from '../train/index.js';
import { estimateMemory, requireMemory } from './estimate.js';
import { textEvaluator } from './evaluator.js';
import type { RunEvent } from './events.js';
import { type Inspection, unheard } from './inspection.js';
import { logged, recordOf, type SavedRun } from './record.js';
import { learningRateOf } from './schedule.js';
import { Session } from './session.js';
import { prepareText, reopenText } from './text-data.js';
import { runTraining } from './training.js';

export interface PretrainOptions extends Inspection {
  /** Files, folders, globs, or `-` for standard input. May be empty when a run goes on: it knows its text. */
  readonly inputs: readonly string[];
  /** Settings by camelCase key, weakest layer first: presets, config files, flags. */
  readonly layers?: readonly Layer[];
  /** The run folder; default `runs/<the first input's name>`. */
  readonly out?: string | undefined;
  /** Go on with the run in `out`. */
  readonly resume?: boolean;
  /** Replace the run in `out`. */
  readonly overwrite?: boolean;
  readonly stdin?: NodeJS.ReadableStream | undefined;
  /** Aborted: the step is finished and the state saved. */
  readonly signal?: AbortSignal | undefined;
  /** What a person typed, kept in the run. */
  readonly commandLine?: readonly string[];
}

/** `runs/<name>` for the first input, its extension left out. */
export function defaultOut(inputs: readonly string[]): string {
  const first = inputs[0];
  const name = first === undefined || first === '-' ? 'stdin' : basename(first, extname(first));
  return join('runs', name.replace(/[*?[\]{}]/g, '') || 'run');
}

/**
 * Pretrains a GPT and yields what happens. The last event is `done`; a checkpoint is on disk when its event comes.
 * @throws GptError for anything that a person can mend, `train/diverged` included
 */
export async function* pretrain(options: PretrainOptions): AsyncGenerator<RunEvent> {
  const { layers = [], resume = false, overwrite = false } = options;
  if (options.inputs.length === 0 && !resume) {
    throw new GptError('run/no-text', 'there is no text to train on', { hint: 'name a file, a folder, a glob or -' });
  }
  const given = resume ? undefined : resolve('pretrain', layers).values;
  const out = options.out ?? defaultOut(options.inputs);
  const run = await claimRun(out, { resume, overwrite });
  try {
    const saved = resume ? recordOf(run, 'pretrain') : undefined;
    const config = given ?? resumeConfig('pretrain', saved!.config, out, layers).values;
    yield* pretrainIn(run, config, saved, options);
  } finally {
    run.release();
  }
}

async function* pretrainIn(
  run: Run,
  config: PretrainConfig,
  saved: SavedRun | undefined,
  options: PretrainOptions,
): AsyncGenerator<RunEvent> {
  const { signal, onGraph, profile, memoryCheck = true } = options;
  const checkpoint = await startingPoint(run, config);
  let corpus: Corpus | undefined;
  let session: Session | undefined;
  let log: RunLog | undefined;
  try {
    const inputs = options.inputs.length > 0 ? options.inputs : (saved?.inputs ?? []);
    const where = { inputs, stdin: options.stdin, directory: run.directory, config, signal };
    let tokenizer = await checkpoint?.loadTokenizer();
    if (run.checkpoint !== undefined) corpus = yield* reopenText({ ...where, tokenizer: tokenizer! });
    else ({ corpus, tokenizer } = yield* prepareText({ ...where, tokenizer }));

    const model = checkpoint?.config
      ? { ...checkpoint.config, dropout: config.dropout }
      : modelConfig(config, tokenizer!);
    const { train: text, validation } = corpus;
    requireBlock(text, model.blockSize);
    if (validation.length > 0) requireBlock(validation, model.blockSize);

    const { recompute, gradAccum } = config;
    const specs = parameterSpecs(model);
    if (memoryCheck) requireMemory(estimateMemory({ specs, gradAccum, graphs: [] }), config);
    session = await Session.open(config, model, tokenizer!, { training: true, recompute, onGraph, profile });
    yield* unheard(session.engine, options);
    yield* session.fill(checkpoint, { seed: config.seed, moments: run.checkpoint !== undefined });

    const resumed = run.checkpoint === undefined ? undefined : checkpoint!.training;
    // The folder is begun when the first step can be made: whatever fails before leaves an older run as it was.
    for await (const event of steps(session, corpus, config, run, resumed, options)) {
      if (event.event === 'start') {
        const record = { command: 'pretrain', inputs, config: session.settled(config), model };
        log = await run.start({ ...record, ...logged(options.commandLine) }, resumed);
      }
      if (event.event !== 'phase' && event.event !== 'notice') log?.append(event);
      yield event;
    }
  } finally {
    log?.close();
    await session?.close();
    corpus?.close();
    await checkpoint?.close();
  }
}

/** The checkpoint whose weights the run begins with: its own last one, or that of --init. */
async function startingPoint(run: Run, config: PretrainConfig): Promise<Checkpoint | undefined> {
  if (run.checkpoint !== undefined) return openCheckpoint(run.checkpoint, { prefer: 'last' });
  return config.init === null ? undefined : openCheckpoint(config.init);
}

/** The model that the settings ask for, with as many rows as the tokenizer needs. */
export function modelConfig(config: TrainingConfig, tokenizer: Tokenizer): GptConfig {
  const { blockSize, nLayer, nHead, nEmbd, dropout, bias, position } = config;
  const vocabSize = tokenizer.modelVocabSize;
  return { vocabSize, blockSize, nLayer, nHead, nEmbd, dropout, bias, position, layerNormEpsilon: 1e-5 };
}

async function* steps(
  session: Session,
  corpus: Corpus,
  config: PretrainConfig,
  run: Run,
  resumed: Checkpoint['training'],
  { signal, memoryCheck = true }: PretrainOptions,
): AsyncGenerator<RunEvent> {
  const { gpt, engine } = session;
  const { batchSize, gradAccum, seed, evalIters } = config;
  const { blockSize } = gpt.config;
  const shape = { batchSize, blockSize };
  const { train: text, validation, valBytes } = corpus;
  const maxIters =
    config.epochs === null ? config.maxIters : Math.ceil(config.epochs * stepsPerEpoch(text, { ...shape, gradAccum }));

  const program = yield* session.compileTraining(lossStep(gpt, { batchSize, time: blockSize }), config);
  const evaluation = await session.compile(evaluationStep(gpt, { batchSize, time: blockSize }));
  if (memoryCheck) session.requireMemory(config);
  yield {
    event: 'start',
    command: 'pretrain',
    backend: engine.name,
    device: engine.device,
    threads: engine.threads,
    parameters: countParameters(parameterSpecs(gpt.config)),
    vocabSize: gpt.config.vocabSize,
    tokens: { train: text.length, val: validation.length },
    iter: resumed?.iter ?? 0,
    maxIters,
    ...(config.maxTime !== null && { maxTime: config.maxTime }),
    out: run.directory,
  };

  const dropping = gpt.config.dropout > 0;
  const feed = ({ ids, targets }: Batch, step: number): Feeds =>
    dropping ? { ids, targets, seed: Int32Array.of(seed), step: Int32Array.of(step) } : { ids, targets };
  const events = train({
    program,
    microBatches: (iter) =>
      Array.from({ length: gradAccum }, (_, micro) =>
        feed(randomBatch(text, shape, { seed, step: iter, micro }), (iter - 1) * gradAccum + micro),
      ),
    learningRate: learningRateOf(config),
    evaluate: textEvaluator({ program: evaluation, train: text, validation, valBytes, shape, evalIters, seed }),
    tokensPerStep: batchSize * blockSize * gradAccum,
    seed,
    ...(resumed && { resume: resumed }),
    ...(maxIters !== null && { maxIters }),
    ...(config.maxTime !== null && { maxSeconds: config.maxTime }),
    evalInterval: config.evalInterval,
    ...(config.saveInterval !== null && { saveInterval: config.saveInterval }),
    logInterval: config.logInterval,
    sampleInterval: config.sampleEvery,
    earlyStop: config.earlyStop,
    ...(signal && { signal }),
  });
  yield* runTraining({
    events,
    out: run.directory,
    sample: () => session.sample(seed),
    save: (kind, training) => session.save(run[kind], training, kind === 'last'),
  });
}

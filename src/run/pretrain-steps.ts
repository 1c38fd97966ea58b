// The steps of pretraining, once text, model and engine are there: batches, evaluation, what is saved. Knows no terminal and
// no files of text.
import { type Run, replaceTrainingState } from '../checkpoint/index.js';
import { rowRange } from '../cluster/index.js';
import type { PretrainConfig } from '../config/index.js';
import { type Corpus, randomBatch } from '../dataset/index.js';
import type { Feeds } from '../engine/index.js';
import { countParameters, evaluationStep, lossStep, parameterSpecs } from '../model/index.js';
import { type TrainingState, train } from '../train/index.js';
import type { RunEvent } from './events.js';
import { scheduleOf } from './schedule.js';
import { textEvaluator } from './session/evaluator.js';
import type { Session } from './session/session.js';
import { runTraining } from './training.js';
import type { Team } from './workers/team.js';

export interface PretrainParts {
  readonly session: Session;
  readonly corpus: Corpus;
  /** Whose steps are settled: see `stepsOf`. */
  readonly config: PretrainConfig;
  /** Rows in a batch of all workers together. */
  readonly wholeBatch: number;
  readonly run: Run;
  readonly resumed: TrainingState | null;
  readonly team: Team;
  readonly signal: AbortSignal | undefined;
  readonly memoryCheck: boolean;
}

/** Compiles, trains and yields what happens. */
export async function* pretrainSteps(parts: PretrainParts): AsyncGenerator<RunEvent> {
  const { session, corpus, config, wholeBatch, run, resumed, team, signal } = parts;
  const { gpt, engine } = session;
  const { batchSize, gradAccum, seed, evalIters, maxIters } = config;
  const { blockSize } = gpt.config;
  const shape = { batchSize, blockSize };
  const { train: text, validation, valBytes } = corpus;
  const part = team.partOf(wholeBatch);

  if (parts.memoryCheck) session.watchMemory(config);
  const program = yield* session.compileTraining(
    lossStep(gpt, { batchSize, time: blockSize }, { partial: true }),
    config,
  );
  const evaluation = await session.compile(evaluationStep(gpt, { batchSize, time: blockSize }));
  if (parts.memoryCheck) session.requireMemory(config);
  yield {
    event: 'start',
    command: 'pretrain',
    backend: engine.name,
    device: engine.device,
    threads: engine.threads,
    ...(team.cluster && { workers: team.size }),
    parameters: countParameters(parameterSpecs(gpt.config)),
    vocabSize: gpt.config.vocabSize,
    tokens: { train: text.length, val: validation.length },
    iter: resumed?.iter ?? 0,
    maxIters,
    ...(config.maxTime !== null && { maxTime: config.maxTime }),
    out: run.directory,
  };

  const dropping = gpt.config.dropout > 0;
  const key = Int32Array.of(seed);
  const tokenTotal = Float32Array.of(wholeBatch * blockSize * gradAccum);
  const feeds = (iter: number, micro: number): Feeds => ({
    ...randomBatch(text, shape, { seed, step: iter, micro, part }),
    tokenTotal,
    ...(dropping && {
      seed: key,
      step: Int32Array.of(iter - 1),
      firstRow: Int32Array.of(rowRange(part, batchSize, micro).from),
    }),
  });
  const { cluster } = team;
  const events = train({
    program,
    microBatches: (iter) => Array.from({ length: gradAccum }, (_, micro) => feeds(iter, micro)),
    ...scheduleOf(config),
    evaluate: textEvaluator({
      ...{ program: evaluation, train: text, validation, valBytes, shape, evalIters, seed, part },
      addUp: (own) => team.addUp(own, ['lossSum', 'count']),
    }),
    tokensPerStep: wholeBatch * blockSize * gradAccum,
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
    ...(cluster && { cluster }),
  });
  yield* runTraining({
    events,
    out: run.directory,
    begin: () => run.begin(),
    ...(team.leads && {
      sample: () => session.sample(seed),
      save: (kind, training) => session.save(run[kind], training, kind !== 'best'),
      saveState: (training) => replaceTrainingState(run.last, training),
    }),
  });
  await team.leave();
}

// What a command trains, as its start event and as a job for the training loop.
import type { Cluster } from '../cluster/index.js';
import type { TrainCommand, TrainingConfig } from '../config/index.js';
import type { NoticeEvent, StartEvent } from '../events.js';
import { countParameters } from '../model/index.js';
import type { Session } from '../session/session.js';
import type { TrainingJob, TrainingState } from '../train/index.js';
import { environment } from './environment.js';
import type { RunPlan } from './run-plan.js';
import { scheduleOf } from './schedule.js';

/** What is trained, and how it is saved. */
export interface TrainingTask extends Pick<TrainingJob, 'program' | 'microBatches' | 'evaluate' | 'tokensPerStep'> {
  readonly settled: TrainingConfig;
  readonly start: Pick<StartEvent, 'tokens' | 'examples' | 'task' | 'labels' | 'baselines'>;
  /** Reported once training starts. */
  readonly notices?: readonly NoticeEvent[];
  readonly sampleInterval?: number;
  /** Seconds of `--max-time` that were spent before. */
  readonly spentSeconds?: number;
  save(directory: string, training: TrainingState, resumable: boolean): Promise<string>;
  sample?(): Promise<string>;
}

type Resumed = Pick<RunPlan<TrainCommand>, 'resumed'>;

export function startEvent(
  { settled, start }: TrainingTask,
  { engine, gpt, specs }: Session,
  run: { readonly command: TrainCommand; readonly plan: Resumed; readonly workers: number; readonly out: string },
): StartEvent {
  const { tokens, ...examples } = start;
  return {
    event: 'start',
    command: run.command,
    backend: engine.name,
    ...(engine.precision && { precision: engine.precision }),
    device: engine.device,
    threads: engine.threads,
    ...(run.workers > 1 && { workers: run.workers }),
    parameters: countParameters(specs),
    vocabSize: gpt.config.vocabSize,
    tokens,
    ...examples,
    iter: run.plan.resumed?.iter ?? 0,
    maxIters: settled.maxIters,
    maxTime: settled.maxTime,
    out: run.out,
    environment: environment(),
  };
}

export function jobOf(
  { settled, program, microBatches, evaluate, tokensPerStep, sampleInterval = 0, spentSeconds = 0 }: TrainingTask,
  { resumed }: Resumed,
  signal: AbortSignal | undefined,
  cluster: Cluster | undefined,
): TrainingJob {
  const { seed, maxIters, maxTime, evalInterval, saveInterval, logInterval, earlyStop } = settled;
  return {
    program,
    microBatches,
    ...scheduleOf(settled),
    evaluate,
    tokensPerStep,
    seed,
    ...(resumed && { resume: resumed }),
    ...(maxIters !== null && { maxIters }),
    ...(maxTime !== null && { maxSeconds: maxTime, spentSeconds }),
    evalInterval,
    ...(saveInterval !== null && { saveInterval }),
    logInterval,
    sampleInterval,
    earlyStop,
    ...(signal && { signal }),
    ...(cluster && { cluster }),
  };
}

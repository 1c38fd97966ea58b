// The training loop: steps, evaluations and the decision to stop, as events. Pretraining and finetuning share it.
// Knows batches, a compiled training program, a schedule and an evaluator; nothing of models, engines, files or screens.
import type { Cluster } from '../cluster/types.js';
import type { Feeds, TrainingProgram } from '../engine/types.js';
import { Agreement } from './agreement.js';
import type { LoopEnd, SaveRequest, TrainEvent } from './events.js';
import { Throughput, TimePlan } from './pace.js';
import { initialState, isBetter, type Measurement, type TrainingState, withBudget, withEvaluation } from './state.js';

export interface TrainingJob {
  readonly program: TrainingProgram;
  /** The batches of step `iter` (from 1), whose gradients add up to the step's: a pure function, or a resumed run would differ. */
  microBatches(iter: number): readonly Feeds[] | Promise<readonly Feeds[]>;
  /**
   * The learning rate of step `iter` (from 1) in a run of `total` steps.
   * @param total null in the first steps of a run with a time budget, before their speed was measured
   */
  learningRate(iter: number, total: number | null): number;
  /** Of a schedule with a stable part: the steps before the rate begins to fall, where the state is saved to be kept. */
  stableIters?(total: number | null): number;
  /**
   * Measures the state as it is, always on the same batches. Null when `signal` interrupted it. Among
   * workers all get the same result.
   */
  evaluate(signal?: AbortSignal): Promise<Measurement | null>;
  readonly tokensPerStep: number;
  readonly seed: number;
  /** The state of a saved run to resume from; the engine's state must be the one saved with it. */
  readonly resume?: TrainingState;
  /** One of the two must be given; with both, what comes first ends the run. */
  readonly maxIters?: number;
  /** Seconds, over all processes that work on the run, evaluation and saving included. */
  readonly maxSeconds?: number;
  /** Of `maxSeconds`, those that were spent before the first step of a new run. */
  readonly spentSeconds?: number;
  readonly evalInterval: number;
  /** Without it: before each evaluation. */
  readonly saveInterval?: number;
  readonly logInterval: number;
  readonly sampleInterval?: number;
  /** Stop after this many evaluations without a better one. */
  readonly earlyStop?: number;
  /** Aborted: the step is finished, the state saved, and the run done. */
  readonly signal?: AbortSignal;
  /** The other workers. All of them run the same job, on other batches; their programs add up their gradients. */
  readonly cluster?: Cluster;
  /** Seconds; for tests. */
  readonly clock?: () => number;
}

type End = Exclude<LoopEnd['reason'], 'interrupted' | 'diverged'>;

/**
 * Runs the job. At a step where several things are due they come in the order step, sample, save, save (best), save
 * (evaluation), eval, save (stable): the state is safe before an evaluation may run out of memory (nanochat#295, #446), a run resumed from
 * there makes the evaluation first, and what an eval event reports is already saved. The last event is `done`.
 *
 * With `maxIters` the events and the state are a pure function of the job, resumed or not, times excepted. With
 * `maxSeconds` the number of steps is measured (see TimePlan) and then part of the state: a killed and resumed run
 * keeps its budget and its schedule, but two runs of the same command may differ in length.
 */
export async function* train(job: TrainingJob): AsyncGenerator<TrainEvent, void, undefined> {
  const { evalInterval, logInterval, sampleInterval = 0, signal, cluster } = job;
  if (job.maxIters === undefined && job.maxSeconds === undefined) throw new Error('a training job without an end');
  const saveInterval = job.saveInterval ?? evalInterval;
  const clock = job.clock ?? (() => performance.now() / 1000);
  const started = clock();
  const throughput = new Throughput(job.tokensPerStep);
  const timePlan = job.maxSeconds === undefined ? undefined : new TimePlan(job.maxSeconds);

  let state = job.resume ?? { ...initialState(job.seed), elapsed: job.spentSeconds ?? 0 };
  if (job.maxSeconds !== undefined) state = withBudget(state, job.maxSeconds);
  let unsaved = false; // whether steps were made since the last save
  const before = state.elapsed;
  const elapsed = () => clock() - started;
  const agreement = new Agreement(cluster, signal, elapsed);
  const reading = () => ({ iter: state.iter, elapsed: before + agreement.elapsed });
  const total = () => lowest(job.maxIters ?? null, job.maxSeconds === undefined ? null : state.plannedIters);
  const snapshot = (): TrainingState => ({ ...state, elapsed: before + elapsed() });
  const save = (reason: SaveRequest['reason']): SaveRequest => {
    const stateOnly = reason === 'evaluation' && !unsaved;
    if (reason !== 'best' && reason !== 'stable') unsaved = false;
    return { event: 'save', iter: state.iter, reason, stateOnly, state: snapshot() };
  };

  /** Why the run is at its end now, if it is. */
  const ended = (): End | undefined => {
    if (job.maxIters !== undefined && state.iter >= job.maxIters) return 'finished';
    if (job.earlyStop && state.staleEvaluations >= job.earlyStop) return 'early-stop';
    if (job.maxSeconds === undefined) return undefined;
    const planned = state.plannedIters !== null && state.iter >= state.plannedIters;
    return planned || before + agreement.elapsed >= job.maxSeconds ? 'time' : undefined;
  };

  const done = (reason: LoopEnd['reason'], failed?: LoopEnd['failed']): LoopEnd => {
    const { accuracy, macroF1 } = state.evaluation ?? {};
    return {
      event: 'done',
      iter: state.iter,
      reason,
      trainLoss: state.evaluation?.trainLoss ?? Number.NaN,
      valLoss: state.evaluation?.valLoss ?? Number.NaN,
      bestValLoss: state.best?.valLoss ?? Number.NaN,
      tokensPerSecond: throughput.overall(),
      elapsed: elapsed(),
      ...(accuracy === undefined ? {} : { accuracy }),
      ...(macroF1 === undefined ? {} : { macroF1 }),
      ...(failed === undefined ? {} : { failed }),
      state: snapshot(),
    };
  };

  await agreement.meet();
  for (;;) {
    const end = ended();
    const { iter } = state;
    if (unsaved && iter > 0 && (end !== undefined || iter % saveInterval === 0)) {
      yield save(end === undefined ? 'interval' : 'final');
    }

    const evaluationDue = iter > 0 && (end !== undefined || iter % evalInterval === 0);
    if (evaluationDue && state.evaluation?.iter !== iter && !agreement.stopped) {
      const evaluationStarted = agreement.elapsed;
      const result = await job.evaluate(signal);
      await agreement.meet();
      if (result !== null) {
        const best = isBetter(result, state.best);
        state = withEvaluation(state, result);
        if (timePlan !== undefined && end === undefined) {
          const reserve = agreement.elapsed - evaluationStarted;
          state = { ...state, plannedIters: timePlan.plan(reading(), state.plannedIters, reserve) };
        }
        if (best) yield save('best');
        yield save('evaluation');
        yield { event: 'eval', iter, ...result };
        continue; // the evaluation may have ended the run
      }
    }

    if (agreement.stopped) {
      if (unsaved) yield save('interrupt');
      yield done('interrupted');
      return;
    }
    if (end !== undefined) {
      yield done(end);
      return;
    }

    const decaying = job.stableIters !== undefined && iter > 0 && iter >= job.stableIters(total());
    if (decaying !== (state.decaying ?? false)) {
      if (decaying) yield save('stable');
      state = { ...state, decaying };
    }

    const next = iter + 1;
    const lr = job.learningRate(next, total());
    const stepStarted = clock();
    const batches = await job.microBatches(next);
    const votes = agreement.votes();
    const result = await job.program.step(batches, { learningRate: lr, iteration: next, ...(votes && { votes }) });
    agreement.take(result.votes);
    throughput.add(clock() - stepStarted);
    if (!result.updated) {
      if (unsaved) yield save('diverged');
      const { loss, gradNorm } = result;
      yield done('diverged', { iter: next, loss, gradNorm, lr });
      return;
    }
    unsaved = true;
    state = {
      ...state,
      iter: next,
      tokens: state.tokens + job.tokensPerStep,
    };
    if (timePlan !== undefined) {
      timePlan.measure(reading());
      if (timePlan.due(reading(), state.plannedIters)) {
        state = { ...state, plannedIters: timePlan.plan(reading(), null, 0) };
      }
    }
    if (next % logInterval === 0 || ended() !== undefined) {
      const { loss, gradNorm } = result;
      const tokensPerSecond = throughput.take();
      yield { event: 'step', iter: next, loss, lr, gradNorm, tokensPerSecond, elapsed: elapsed() };
    }
    if (sampleInterval > 0 && next % sampleInterval === 0) yield { event: 'sample-due', iter: next };
    await breathe();
  }
}

/** Lets signals and timers in: an engine whose step never waits would block Ctrl-C. */
function breathe(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function lowest(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b;
  return Math.min(a, b);
}

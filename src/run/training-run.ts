// A training run that is under way, as pretraining and finetuning drive it: its folder and settings, its model on an
// engine, its log. Whether others work on it too is up to `workers`.
import { join } from 'node:path';
import { type Checkpoint, type EventLog, type Run, replaceTrainingState } from '../checkpoint/index.js';
import type { Part } from '../cluster/index.js';
import type { TrainCommand, TrainingConfig } from '../config/index.js';
import type { NoticeEvent, PlanEvent, RunEvent } from '../events.js';
import { type GptConfig, parameterSpecs } from '../model/index.js';
import { optimizers } from '../optimizer/registry.js';
import { unsupported } from '../session/diagnostics.js';
import { type EstimatedEngine, estimateMemory, requireMemory } from '../session/memory.js';
import { type OpenedEngine, Session, type SessionOptions } from '../session/session.js';
import { TensorBoard } from '../tensorboard/index.js';
import type { Tokenizer } from '../tokenizer/index.js';
import { OverfittingWatch, train } from '../train/index.js';
import { engineChange } from './choose-engine.js';
import type { TrainingOptions } from './options.js';
import { overfittingNotice } from './overfitting-notice.js';
import { logged, type SavedRun } from './record.js';
import { wholeBatchOf } from './resume.js';
import type { RunPlan } from './run-plan.js';
import type { StartingPoint } from './starting-point.js';
import { runTraining } from './training.js';
import { jobOf, startEvent, type TrainingTask } from './training-task.js';
import type { Workers } from './workers/workers.js';

interface Opened<C extends TrainCommand> {
  readonly command: C;
  readonly options: TrainingOptions;
  readonly folder: Run;
  readonly saved: SavedRun | undefined;
  readonly start: StartingPoint | undefined;
  readonly plan: RunPlan<C>;
  readonly workers: Workers;
  /** An engine that is open already. */
  readonly opened?: OpenedEngine;
}

/** What the run's config.json says, besides what every run has. */
export interface RunRecord {
  /** Settings that were left to the data are settled here: a resumed run has the same. */
  readonly settled: TrainingConfig;
  readonly source: Pick<SavedRun, 'inputs' | 'workingDirectory'>;
  /** What only this command records. */
  readonly facts: object;
  /** For the log: how the run was planned, that the data is not what it was started with. */
  readonly changed: readonly (PlanEvent | NoticeEvent)[];
}

export class TrainingRun<C extends TrainCommand> {
  readonly folder: Run;
  readonly saved: SavedRun | undefined;
  readonly checkpoint: Checkpoint | undefined;
  readonly workers: Workers;
  private settledPlan: RunPlan<C>;
  private session: Session | undefined;
  private log: EventLog | undefined;
  private tensorBoard: TensorBoard | undefined;

  constructor(private readonly opened: Opened<C>) {
    const { folder, saved, start, workers, plan } = opened;
    this.folder = folder;
    this.saved = saved;
    this.checkpoint = start?.checkpoint;
    this.workers = workers;
    this.settledPlan = plan;
  }

  get plan(): RunPlan<C> {
    return this.settledPlan;
  }

  /** Settings that were chosen once the text was known. All workers choose alike. */
  choose(settings: Partial<TrainingConfig>): void {
    const config = { ...this.plan.config, ...settings };
    this.settledPlan = { ...this.plan, config, wholeBatch: wholeBatchOf(undefined, config, this.workers.size) };
  }

  get options(): TrainingOptions {
    return this.opened.options;
  }

  /** The rows of a batch that this process trains on; undefined: all of them. */
  get part(): Part | undefined {
    return this.workers.partOf(this.plan.wholeBatch);
  }

  private get memoryCheck(): boolean {
    return this.options.memoryCheck ?? true;
  }

  /**
   * Before an engine is opened: whether parameters, gradients and optimizer fit.
   * @throws GptError `run/memory`
   */
  requireMemoryFor(model: GptConfig): void {
    if (!this.memoryCheck) return;
    const { backend, optimizer, gradAccum, jit, precision } = this.plan.config;
    const alone: EstimatedEngine = backend === 'tensorflow' || backend === 'openvino' ? backend : 'onnx';
    const engine = this.workers.size > 1 ? 'tensorflow' : alone;
    const parts = {
      specs: parameterSpecs(model),
      optimizer: optimizers[optimizer],
      gradAccum,
      graphs: [],
      engine,
      jit,
      precision,
    };
    requireMemory(estimateMemory(parts), this.plan.config);
  }

  /** The model on an engine, without values yet. The run closes it. */
  async *openSession(
    model: GptConfig,
    tokenizer: Tokenizer,
    options: Pick<SessionOptions, 'labels' | 'freeze' | 'layerDecay' | 'lora' | 'quantize'> = {},
  ): AsyncGenerator<NoticeEvent, Session> {
    const { optimizer, recompute } = this.plan.config;
    const { onGraph, profile } = this.options;
    const { opened } = this.opened;
    const training = { training: true, optimizer, recompute, onGraph, profile, opened };
    this.session = await Session.open(this.plan.config, model, tokenizer, { ...training, ...options });
    yield* unsupported(this.session.engine, this.options);
    yield* engineChange(this.saved, this.session.engine);
    return this.session;
  }

  /**
   * Gives the parameters their values and closes the checkpoint.
   * @param fresh parameters that are initialized whatever the checkpoint has
   * @param fill instead of reading the checkpoint as it is
   */
  async *loadWeights(
    session: Session,
    {
      fresh = [],
      fill,
    }: { readonly fresh?: readonly string[]; readonly fill?: () => AsyncGenerator<NoticeEvent> } = {},
  ): AsyncGenerator<NoticeEvent> {
    const { checkpoint, workers } = this;
    const { config, resumed } = this.plan;
    const resuming = resumed !== null;
    if (workers.leads) yield* fill ? fill() : session.fill(checkpoint, { seed: config.seed, resuming, fresh });
    await checkpoint?.close(); // Windows replaces no file that is open
    await workers.shareState(session.state, { resuming });
  }

  /**
   * Runs `compile` with the memory checks before and after it.
   * @throws GptError `run/memory`
   */
  async *checkingMemory<T>(session: Session, compile: AsyncGenerator<RunEvent, T>): AsyncGenerator<RunEvent, T> {
    if (this.memoryCheck) session.watchMemory(this.plan.config);
    const compiled = yield* compile;
    if (this.memoryCheck) session.requireMemory(this.plan.config);
    return compiled;
  }

  /**
   * Writes the run's config.json and opens its log. An older run in the folder stays until the first step is made.
   * @throws GptError `checkpoint/not-writable`
   */
  async createFolder(session: Session, { settled, source, facts, changed }: RunRecord): Promise<void> {
    const { command, options } = this.opened;
    const { folder, workers } = this;
    const { wholeBatch, resumed } = this.plan;
    // Of steps and epochs only what was asked for is kept.
    const config = session.settled({ ...settled, maxIters: this.plan.config.maxIters });
    const settings = { config, model: session.gpt.config, workers: workers.size, wholeBatch };
    const record = { command, ...source, ...settings, ...facts, ...logged(options.commandLine) };
    await this.opened.start?.begin();
    this.log = await folder.start(record, resumed ?? undefined);
    for (const event of [...changed, ...engineChange(this.saved, session.engine)]) this.log.append(event);
    if (settled.tensorboard && workers.leads) {
      this.tensorBoard = new TensorBoard({
        folder: join(folder.directory, 'tensorboard'),
        firstStep: (resumed?.iter ?? 0) + 1,
        settings: config,
        parameters: session.state,
      });
    }
  }

  /** Trains to the end of the run; a checkpoint is on disk when its event comes. The last event is `done`. */
  async *train(session: Session, task: TrainingTask): AsyncGenerator<RunEvent> {
    const { folder, workers, options, plan } = this;
    yield* this.logging(
      startEvent(task, session, { command: this.opened.command, plan, workers: workers.size, out: folder.directory }),
    );
    yield* task.notices ?? [];
    const events = runTraining(train(jobOf(task, plan, options.signal, workers.cluster)), {
      out: folder.directory,
      begin: () => folder.begin(),
      ...(workers.leads && {
        sample: task.sample?.bind(task),
        save: (kind, training) => task.save(folder[kind], training, kind !== 'best'),
        saveState: (training) => replaceTrainingState(folder.last, training),
      }),
    });
    const overfitting = new OverfittingWatch(plan.resumed?.best ?? null);
    for await (const event of events) {
      yield* this.logging(event);
      const noticed = event.event === 'eval' ? overfittingNotice(overfitting, event, task, folder.best) : undefined;
      if (!noticed || !workers.leads) continue;
      this.log?.append(noticed);
      yield noticed;
    }
    await workers.leave();
  }

  private async *logging(event: RunEvent): AsyncGenerator<RunEvent> {
    if (event.event !== 'phase' && event.event !== 'notice') this.log?.append(event);
    await this.tensorBoard?.add(event);
    yield event;
  }

  async close(): Promise<void> {
    try {
      this.log?.close();
      this.tensorBoard?.close();
      if (this.session) await this.session.close();
      else await this.opened.opened?.engine.dispose();
      await this.checkpoint?.close();
    } finally {
      this.folder.release();
    }
  }
}

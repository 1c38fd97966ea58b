// Opens a training run: claims its folder, resolves its settings, opens the checkpoint that it begins with. Knows no data
// and makes no model.
import { claimRun, type Run } from '../checkpoint/index.js';
import type { ClusterSpec } from '../cluster/index.js';
import { type Resolved, resolve, type TrainCommand } from '../config/index.js';
import { requireProfileFolder } from '../engine/index.js';
import type { RunEvent } from '../events.js';
import { modelAdvice } from '../model/registry.js';
import { type OpenedEngine, requireMachine } from '../session/session.js';
import { chooseEngine } from './choose-engine.js';
import type { TrainingOptions } from './options.js';
import { recordOf, type SavedRun } from './record.js';
import { resized, resumedSettings } from './resume.js';
import { planRun, type RunPlan } from './run-plan.js';
import { type StartingPoint, startingPoint } from './starting-point.js';
import { TrainingRun } from './training-run.js';
import { agreeOn, temporaryRun } from './workers/agree.js';
import { joinWorkers } from './workers/join.js';
import { Team } from './workers/team.js';
import { alone } from './workers/workers.js';

export interface RunToOpen<C extends TrainCommand> {
  readonly command: C;
  /** The run folder. */
  readonly out: string;
  /** Texts or data that are named now; may be empty when a run is resumed. */
  readonly inputs: readonly string[];
  readonly options: TrainingOptions;
}

/**
 * The caller closes the run.
 * @throws GptError for settings, a folder or a checkpoint that cannot be used, `cluster/...` where workers differ
 */
export async function* openRun<C extends TrainCommand>(given: RunToOpen<C>): AsyncGenerator<RunEvent, TrainingRun<C>> {
  const { cluster } = given.options;
  if (cluster) return yield* joinRun(given, cluster);
  const claimed = await claim(given, 1);
  const plan = yield* withEngine(claimed, given.options);
  return yield* reporting(new TrainingRun<C>({ ...given, ...claimed, plan, workers: alone }), claimed.start);
}

interface Claimed<C extends TrainCommand> {
  readonly folder: Run;
  readonly saved: SavedRun | undefined;
  readonly start: StartingPoint | undefined;
  readonly plan: RunPlan<C>;
}

/**
 * The plan with its engine: that of the run, for a new run the faster one. What it lacks on this machine is an error now, before
 * a text is read.
 */
async function* withEngine<C extends TrainCommand>(
  { plan, saved, folder, start }: Claimed<C>,
  { signal, profile }: TrainingOptions,
): AsyncGenerator<RunEvent, RunPlan<C>> {
  let chosen: RunPlan<C> | undefined;
  try {
    const settled = saved !== undefined || keepsPacked(plan.config, start);
    const config = settled ? plan.config : yield* chooseEngine(plan.config, { signal });
    await requireMachine(config);
    if (profile !== undefined) requireProfileFolder(profile);
    chosen = { ...plan, config };
    return chosen;
  } finally {
    if (!chosen) {
      await start?.checkpoint.close();
      folder.release();
    }
  }
}

/** Whether frozen weights stay in 8 or 4 bits, to save memory: OpenVINO would keep them as it unpacks them. */
function keepsPacked(config: object, start: StartingPoint | undefined): boolean {
  const { loraRank = 0, quantize = 'none' } = config as { loraRank?: number; quantize?: string };
  if (loraRank === 0 || quantize === 'none') return false;
  return quantize !== 'auto' || start?.checkpoint.scheme !== undefined;
}

/** Takes the folder for this process and plans the run. Nothing in the folder changes. */
async function claim<C extends TrainCommand>(
  { command, out, inputs, options }: RunToOpen<C>,
  workers: number,
): Promise<Claimed<C>> {
  const { layers = [], resume = false, overwrite = false } = options;
  const fresh = resume ? undefined : resolve(command, layers);
  const folder = await claimRun(out, { resume, overwrite });
  let start: StartingPoint | undefined;
  try {
    const saved = resume ? recordOf(folder, command) : undefined;
    const resolved: Resolved<C> = fresh ?? resumedSettings(command, saved!, out, layers, workers);
    start = await startingPoint(folder, saved, resolved.values);
    const begin = { resumed: start?.training ?? null, base: start?.checkpoint.config ?? null };
    return { folder, saved, start, plan: { ...planRun<C>(resolved, inputs, saved, workers), ...begin } };
  } catch (error) {
    await start?.checkpoint.close();
    folder.release();
    throw error;
  }
}

/** What a worker that does not lead knows by itself: its settings, and a folder for its tokens. */
function follow<C extends TrainCommand>({ command, inputs, options }: RunToOpen<C>, workers: number): Claimed<C> {
  const resolved = resolve(command, options.layers);
  const plan = { ...planRun<C>(resolved, inputs, undefined, workers), resumed: null, base: null };
  return { folder: temporaryRun(), saved: undefined, start: undefined, plan };
}

/** Opens the run as one of several workers: waits for the others and takes over what worker 0 planned. */
async function* joinRun<C extends TrainCommand>(
  given: RunToOpen<C>,
  spec: ClusterSpec,
): AsyncGenerator<RunEvent, TrainingRun<C>> {
  const { command, options } = given;
  const { onGraph, profile, signal } = options;
  const count = spec.addresses.length;
  const claimed = spec.rank === 0 ? await claim(given, count) : follow(given, count);
  let opened: OpenedEngine | undefined;
  let run: TrainingRun<C> | undefined;
  try {
    opened = yield* joinWorkers(claimed.plan.config, spec, { onGraph, profile }, signal);
    const workers = new Team(opened.engine.cluster!);
    const plan = await agreeOn(workers, command, claimed.plan, !options.resume);
    const inputs = claimed.plan.inputs.length > 0 ? claimed.plan.inputs : plan.inputs;
    run = new TrainingRun<C>({ ...given, ...claimed, plan: { ...plan, inputs }, workers, opened });
  } finally {
    if (!run) {
      await opened?.engine.dispose();
      await claimed.start?.checkpoint.close();
      claimed.folder.release();
    }
  }
  return yield* reporting(run, claimed.start);
}

/** Reports a batch that is divided otherwise than before, a run that continues from an earlier checkpoint, advice on a new one. */
async function* reporting<C extends TrainCommand>(
  run: TrainingRun<C>,
  start: StartingPoint | undefined,
): AsyncGenerator<RunEvent, TrainingRun<C>> {
  let reported = false;
  try {
    yield* resized(run.saved, run.plan.config, run.workers.size);
    yield* start?.notices ?? [];
    const advice = start ? undefined : modelAdvice(run.plan.config);
    if (advice) yield { event: 'notice', level: 'info', message: advice };
    reported = true;
    return run;
  } finally {
    if (!reported) await run.close();
  }
}

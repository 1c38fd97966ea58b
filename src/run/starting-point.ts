// The checkpoint that a run begins with. A resumed run continues at its last checkpoint, or, made longer after its learning rate
// began to fall, at the one that was kept before that (`--lr-schedule wsd`). The decay is then made once, at the end of the
// longer run.
import { cp } from 'node:fs/promises';
import { type Checkpoint, openCheckpoint, type Run, replaceTrainingState } from '../checkpoint/index.js';
import type { TrainingConfig } from '../config/index.js';
import type { NoticeEvent } from '../events.js';
import { exists, replaceFolder } from '../files/index.js';
import type { TrainingState } from '../train/index.js';
import type { SavedRun } from './record.js';

type Settings = Pick<TrainingConfig, 'lrSchedule' | 'maxIters' | 'epochs' | 'maxTime'>;

export interface StartingPoint {
  readonly checkpoint: Checkpoint;
  /** Where a resumed run continues. The best evaluation is that of the whole run, which `best/` holds. */
  readonly training: TrainingState | undefined;
  readonly notices: readonly NoticeEvent[];
  /** To be called before the run's config.json is replaced: from then on the run's last checkpoint is this one. */
  begin(): Promise<void>;
}

/**
 * Where a run begins: a resumed one continues, a new one has the weights of --init or --from, or none.
 * @param saved the run as it was, where it is resumed
 * @param config its settings now
 */
export async function startingPoint(
  run: Run,
  saved: Pick<SavedRun, 'config'> | undefined,
  config: Settings & { readonly init?: string | null; readonly from?: string | null; readonly loraRank?: number },
): Promise<StartingPoint | undefined> {
  if (run.checkpoint !== undefined) return continuationOf(run, run.checkpoint, saved, config);
  const path = config.init ?? config.from ?? null;
  if (path === null) return undefined;
  const checkpoint = await openCheckpoint(path);
  // With adapters the weights may stay as they are: who makes the model knows.
  const notices = checkpoint.scheme && !config.loraRank ? [roundedNotice(checkpoint)] : [];
  return { checkpoint, training: undefined, notices, begin: async () => {} };
}

/** That weights in 8 or 4 bits are trained, or kept, in float32. */
export function roundedNotice({ directory, scheme }: Checkpoint): NoticeEvent {
  const message = `${directory} holds ${scheme} weights: training starts from the rounded ones, in float32`;
  return { event: 'notice', level: 'warning', message };
}

async function continuationOf(
  run: Run,
  path: string,
  saved: Pick<SavedRun, 'config'> | undefined,
  config: Settings,
): Promise<StartingPoint> {
  const last = await openCheckpoint(path, { prefer: 'last' });
  const here = { checkpoint: last, training: last.training, notices: [], begin: async () => {} };
  const began = config.lrSchedule === 'wsd' && last.training?.decaying === true;
  if (!began || !saved || !isLonger(saved.config, config, last.training.iter)) return here;
  if (!(await exists(run.stable))) {
    const message = `${run.stable} is missing: the learning rate rises again from step ${last.training.iter}, where it had fallen`;
    return { ...here, notices: [{ event: 'notice', level: 'warning', message }] };
  }
  await last.close();
  const checkpoint = await openCheckpoint(run.stable);
  const training = { ...checkpoint.training!, best: last.training.best };
  const message = `continues from ${run.stable} at step ${training.iter}, where the learning rate began to fall`;
  return {
    checkpoint,
    training,
    notices: [{ event: 'notice', level: 'info', message }],
    begin: () =>
      replaceFolder(run.last, async (folder) => {
        await cp(run.stable, folder, { recursive: true });
        await replaceTrainingState(folder, training);
      }),
  };
}

/**
 * Whether more steps are to be made than were made or planned; a run whose length is measured in another unit than before counts as longer.
 * @param iter steps that were made
 */
function isLonger(before: Readonly<Partial<Record<keyof Settings, unknown>>>, now: Settings, iter: number): boolean {
  const { maxIters } = before;
  if (now.maxIters !== null) return now.maxIters > Math.max(iter, typeof maxIters === 'number' ? maxIters : 0);
  for (const key of ['epochs', 'maxTime'] as const) {
    const length = now[key];
    if (length !== null) return typeof before[key] !== 'number' || length > before[key];
  }
  return false;
}

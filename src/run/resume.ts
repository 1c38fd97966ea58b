// The settings of a resumed run, perhaps with another number of workers. A step stays over as many sequences as
// before: batch-size, which is one worker's, becomes the whole batch divided by the workers. Where they do not divide it, it
// is rounded up, and the last workers have fewer rows.
import { type Layer, type Resolved, resumeConfig } from '../config/index.js';
import { GptError } from '../errors.js';
import type { NoticeEvent } from '../events.js';
import type { SavedRun } from './record.js';

interface Batching {
  readonly batchSize: number;
}

const batching = (settings: object) => settings as Batching;

const savedWhole = ({ config, workers = 1, wholeBatch }: SavedRun) =>
  wholeBatch ?? batching(config).batchSize * workers;

const dividedBy = (whole: number, workers: number) => Math.ceil(whole / workers);

/**
 * @param name what to call the run in errors: its folder
 * @param workers that it resumes with
 * @throws GptError config/resume
 */
export function resumedSettings<C extends SavedRun['command']>(
  command: C,
  saved: SavedRun,
  name: string,
  layers: readonly Layer[],
  workers: number,
): Resolved<C> {
  const resolved = resumeConfig(command, saved.config, name, layers, ['batchSize']);
  const was = batching(saved.config).batchSize;
  const now = batching(resolved.values).batchSize;
  const kept = dividedBy(savedWhole(saved), workers);
  if (layers.every(({ values }) => values['batchSize'] === undefined)) {
    return {
      ...resolved,
      values: { ...resolved.values, batchSize: kept },
      sources: { ...resolved.sources, ...(kept !== was && { batchSize: 'derived' }) },
    };
  }
  if (now === was || now === kept) return resolved;
  throw new GptError(
    'config/resume',
    `batch-size is ${was} in ${name} and cannot become ${now} with ${counted(workers)}`,
    { hint: `remove it: it is then ${kept}` },
  );
}

/** Rows in a batch of all workers together, each with up to `batchSize`. */
export function wholeBatchOf(saved: SavedRun | undefined, { batchSize }: Batching, workers: number): number {
  const before = saved && savedWhole(saved);
  return before !== undefined && dividedBy(before, workers) === batchSize ? before : batchSize * workers;
}

/** Says what a batch is now, where it is divided otherwise than before. */
export function* resized(saved: SavedRun | undefined, config: Batching, workers: number): Generator<NoticeEvent> {
  if (!saved) return;
  const before = saved.workers ?? 1;
  const [was, now] = [savedWhole(saved), wholeBatchOf(saved, config, workers)];
  if (was !== now) {
    const message = `a batch is now ${now} sequences of ${counted(workers)}, it was ${was} of ${counted(before)}`;
    yield { event: 'notice', level: 'warning', message };
  } else if (before !== workers) {
    const message = `${counted(workers)}, before ${before}: batch-size is ${config.batchSize}, so that a batch stays ${was} sequences`;
    yield { event: 'notice', level: 'info', message };
  }
}

const counted = (workers: number) => `${workers} worker${workers === 1 ? '' : 's'}`;

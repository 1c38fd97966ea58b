// The settings of a run that goes on, perhaps with another number of workers. The steps go on where they were; what a step
// is over is batch-size sequences a worker, so that batch-size may change only when the whole batch stays what it was.
import { type Layer, type Resolved, resumeConfig } from '../config/index.js';
import { GptError } from '../errors.js';
import type { NoticeEvent } from './events.js';
import type { SavedRun } from './record.js';

interface Batching {
  readonly batchSize: number;
}

/** Sequences in a batch of all workers together. */
const wholeOf = ({ batchSize }: Batching, workers: number) => batchSize * workers;

const savedWhole = (saved: SavedRun) => wholeOf(saved.config as unknown as Batching, saved.workers ?? 1);

/**
 * @param name what to call the run in errors: its folder
 * @param workers that it goes on with
 * @throws GptError config/resume
 */
export function goOn<C extends SavedRun['command']>(
  command: C,
  saved: SavedRun,
  name: string,
  layers: readonly Layer[],
  workers: number,
): Resolved<C> {
  const resolved = resumeConfig(command, saved.config, name, layers, ['batchSize']);
  const was = saved.config as unknown as Batching;
  const now = resolved.values as unknown as Batching;
  if (now.batchSize === was.batchSize || wholeOf(now, workers) === savedWhole(saved)) return resolved;
  const kept = savedWhole(saved) / workers;
  throw new GptError(
    'config/resume',
    `batch-size is ${was.batchSize} in ${name} and cannot become ${now.batchSize} with ${counted(workers)}`,
    { hint: Number.isInteger(kept) ? `--batch-size ${kept} keeps the whole batch` : 'leave it out' },
  );
}

/** Says so when the whole batch is another one than before. */
export function* resized(saved: SavedRun | undefined, config: Batching, workers: number): Generator<NoticeEvent> {
  if (!saved) return;
  const [was, now] = [savedWhole(saved), wholeOf(config, workers)];
  if (was === now) return;
  const kept = was / workers;
  const hint = Number.isInteger(kept) ? `; --batch-size ${kept} would keep it` : '';
  const message = `a batch is now ${now} sequences of ${counted(workers)}, it was ${was} of ${counted(saved.workers ?? 1)}${hint}`;
  yield { event: 'notice', level: 'warning', message };
}

const counted = (workers: number) => `${workers} worker${workers === 1 ? '' : 's'}`;

// From the training loop's events to those of the run: saves checkpoints and generates samples where the loop requests
// them, turns a diverged run into an error with advice.
import { join } from 'node:path';
import { GptError } from '../errors.js';
import type { CheckpointEvent, RunEvent } from '../events.js';
import type { LoopEnd, TrainEvent, TrainingState } from '../train/index.js';

export interface TrainingRequests {
  /** Called before anything is saved, once a step is made. */
  readonly begin: () => Promise<void>;
  /** Saves weights and state as they are now; returns the folder. Absent where this process saves nothing. */
  readonly save?: (kind: CheckpointEvent['kind'], state: TrainingState) => Promise<string>;
  /** Replaces the training state of the last checkpoint, whose weights are those of now. */
  readonly saveState?: (state: TrainingState) => Promise<void>;
  /** Generates a text with the model as it is now. */
  readonly sample?: (() => Promise<string>) | undefined;
  /** The run folder. */
  readonly out: string;
}

/**
 * @throws GptError `train/diverged`, `cluster/worker-lost`: both say what is saved
 */
export async function* runTraining(
  events: AsyncGenerator<TrainEvent, void, undefined>,
  requests: TrainingRequests,
): AsyncGenerator<RunEvent> {
  let saved: number | undefined;
  try {
    for await (const event of answered(events, requests)) {
      if (event.event === 'checkpoint' && event.kind === 'last') saved = event.iter;
      yield event;
    }
  } catch (error) {
    if (requests.save && error instanceof GptError && error.code === 'cluster/worker-lost')
      throw lost(error, saved, requests.out);
    throw error;
  }
}

/** What to do when a worker was lost: worker 0 knows what is saved. */
function lost(error: GptError, saved: number | undefined, out: string): GptError {
  const hint =
    saved === undefined
      ? 'start all the workers again as before'
      : `the state after step ${saved} is in ${join(out, 'last')}: start all the workers again with --resume`;
  return new GptError(error.code, error.message, { hint, cause: error });
}

async function* answered(
  events: AsyncGenerator<TrainEvent, void, undefined>,
  { begin, save, saveState, sample, out }: TrainingRequests,
): AsyncGenerator<RunEvent> {
  for await (const event of events) {
    switch (event.event) {
      case 'step':
        await begin();
        yield { ...event, memoryMB: Math.round(process.memoryUsage.rss() / 1e6) };
        break;
      case 'eval':
        yield event;
        break;
      case 'save': {
        await begin();
        if (event.stateOnly) {
          await saveState?.(event.state);
          break;
        }
        const { reason } = event;
        const kind = reason === 'best' || reason === 'stable' ? reason : 'last';
        if (save) yield { event: 'checkpoint', iter: event.iter, kind, path: await save(kind, event.state) };
        break;
      }
      case 'sample-due':
        if (sample) yield { event: 'text', iter: event.iter, text: await sample() };
        break;
      case 'done': {
        const { reason, state: _, failed, ...totals } = event;
        if (reason === 'diverged') throw diverged(event.iter, failed, out);
        yield { ...totals, reason, peakMemoryMB: peakMemoryMB(), out };
        break;
      }
      default:
        event satisfies never;
    }
  }
}

function diverged(iter: number, failed: LoopEnd['failed'], out: string): GptError {
  const what =
    failed && Number.isFinite(failed.loss) ? `gradient norm is ${failed.gradNorm}` : `loss is ${failed?.loss}`;
  const saved = iter > 0 ? `the state after step ${iter} is saved in ${out}/last; ` : '';
  const rate = failed ? Number((failed.lr / 3).toPrecision(2)) : undefined;
  return new GptError('train/diverged', `training diverged: the ${what} at step ${failed?.iter ?? iter + 1}`, {
    hint: `${saved}try --learning-rate ${rate ?? 'a third of it'}, a longer --warmup-iters or --grad-clip 1`,
  });
}

/** Peak resident memory of this process, in MB of 10^6 bytes. */
function peakMemoryMB(): number {
  return Math.round((process.resourceUsage().maxRSS * 1024) / 1e6);
}

// One training run, from a prepared job to the events a person sees: saves checkpoints where the loop asks for them,
// writes the log, turns a diverged run into an error with advice. Shared by pretraining and finetuning.
import { join } from 'node:path';
import { GptError } from '../errors.js';
import type { SaveEvent, TrainEvent } from '../train/index.js';
import type { CheckpointEvent, RunEvent } from './events.js';

export interface TrainingRun {
  readonly events: AsyncGenerator<TrainEvent, void, undefined>;
  /** Saves the state as it is now; returns the folder. A worker that follows another saves nothing. */
  readonly save?: (kind: CheckpointEvent['kind'], state: SaveEvent['state']) => Promise<string>;
  /** Replaces the training state of the last checkpoint, whose weights are those of now. */
  readonly saveState?: (state: SaveEvent['state']) => Promise<void>;
  /** Called before anything is saved, once a step is made. */
  readonly begin: () => Promise<void>;
  /** Draws a text from the model as it is now. */
  readonly sample?: () => Promise<string>;
  readonly out: string;
}

/** Drives the loop and yields CONTRACT's events. */
export async function* runTraining(run: TrainingRun): AsyncGenerator<RunEvent> {
  let saved: number | undefined;
  try {
    for await (const event of shown(run)) {
      if (event.event === 'checkpoint' && event.kind === 'last') saved = event.iter;
      yield event;
    }
  } catch (error) {
    if (run.save && error instanceof GptError && error.code === 'cluster/worker-lost')
      throw lost(error, saved, run.out);
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

async function* shown({ events, begin, save, saveState, sample, out }: TrainingRun): AsyncGenerator<RunEvent> {
  for await (const event of events) {
    switch (event.kind) {
      case 'step': {
        await begin();
        const { iter, loss, lr, gradNorm, tokensPerSecond, elapsed } = event;
        yield { event: 'step', iter, loss, lr, gradNorm, tokensPerSecond, elapsed };
        break;
      }
      case 'eval': {
        const { kind: _, best: __, ...measured } = event;
        yield { event: 'eval', ...measured };
        break;
      }
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
      case 'sample':
        if (sample) yield { event: 'text', iter: event.iter, text: await sample() };
        break;
      case 'done': {
        const { kind: _, reason, state: __, failed, ...totals } = event;
        if (reason === 'diverged') throw diverged(event.iter, failed, out);
        yield { event: 'done', ...totals, reason, peakMemoryMB: peakMemoryMB(), out };
        break;
      }
      default:
        event satisfies never;
    }
  }
}

type Failed = Extract<TrainEvent, { kind: 'done' }>['failed'];

function diverged(iter: number, failed: Failed, out: string): GptError {
  const what =
    failed && Number.isFinite(failed.loss) ? `gradient norm is ${failed.gradNorm}` : `loss is ${failed?.loss}`;
  const saved = iter > 0 ? `the state after step ${iter} is saved in ${out}/last; ` : '';
  const rate = failed ? Number((failed.lr / 3).toPrecision(2)) : undefined;
  return new GptError('train/diverged', `training diverged: the ${what} at step ${failed?.iter ?? iter + 1}`, {
    hint: `${saved}try --learning-rate ${rate ?? 'a third of it'}, a longer --warmup-iters or --grad-clip 1`,
  });
}

/** The most memory that this process ever held, in MB of 10^6 bytes. */
export function peakMemoryMB(): number {
  return Math.round((process.resourceUsage().maxRSS * 1024) / 1e6);
}

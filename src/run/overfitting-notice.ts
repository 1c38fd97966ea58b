// The warning about a run that overfits its training text.
import type { EvalEvent, NoticeEvent } from '../events.js';
import type { OverfittingWatch } from '../train/index.js';
import type { TrainingTask } from './training-task.js';

/**
 * Undefined unless overfitting is certain now. A model that is judged by accuracy may still gain while its loss rises.
 * @param best the folder of the best checkpoint
 */
export function overfittingNotice(
  watch: OverfittingWatch,
  event: EvalEvent,
  { settled }: Pick<TrainingTask, 'settled'>,
  best: string,
): NoticeEvent | undefined {
  if (event.accuracy !== undefined) return undefined;
  const found = watch.add(event);
  if (!found) return undefined;
  const { best: before, now } = found;
  const rise = `the validation loss rose from ${before.valLoss.toFixed(4)} at step ${before.iter} to ${now.valLoss.toFixed(4)} at step ${now.iter}`;
  const fall = `the training loss fell from ${before.trainLoss.toFixed(4)} to ${now.trainLoss.toFixed(4)}`;
  const advice = ['more text', 'a smaller model', '--dropout', ...(settled.earlyStop === 0 ? ['--early-stop'] : [])];
  const message = `overfitting: ${rise}, while ${fall}; ${best} keeps the model of step ${before.iter} and is what sample uses; ${listed(advice)} would help`;
  return { event: 'notice', level: 'warning', message };
}

const listed = (words: readonly string[]) => `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;

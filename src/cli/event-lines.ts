// The events of a training run as lines of text: one a step, an evaluation, a checkpoint; and the summary at the end.
import { flagName } from '../config/index.js';
import type { DoneEvent, EvalEvent, PlanEvent, RunEvent, StartEvent, StepEvent } from '../events.js';
import { quoteCommand } from '../shell-quote.js';
import { count, loss, percent, rate, short, time } from './format.js';
import { plot, type Series } from './plot.js';

export function startLine(event: StartEvent): string {
  const { parameters, vocabSize, tokens, backend, device, threads, precision } = event;
  const data = `${count(tokens.train)} training and ${count(tokens.val)} validation tokens`;
  const together = event.workers ? `, ${event.workers} workers` : '';
  const format = precision === 'bf16' ? ' in bf16' : '';
  const engine = `${backend} on ${device}${format}, ${threads} ${threads === 1 ? 'thread' : 'threads'}${together}`;
  const resumed = event.iter > 0 ? `; resumes at step ${count(event.iter)}` : '';
  return `${count(parameters)} parameters, vocabulary ${count(vocabSize)}; ${data}; ${engine}${resumed}`;
}

const steps = (n: number) => `${count(n)} ${n === 1 ? 'step' : 'steps'}`;

/** What was chosen for the time that a run has, why, and what is expected of it. */
export function planLines(event: PlanEvent): string[] {
  const { maxTime, settings, parameters, steps: planned, epochs, tokensPerSecond, trainBytes, limit, expected } = event;
  const hidden = new Set(['minLr', 'saveInterval', 'warmupIters']); // follow from others
  const chosen = Object.entries(settings).filter(([key]) => !hidden.has(key));
  const flags = chosen.map(([key, value]) => `--${flagName(key)} ${value}`).join(' ');
  const passes = `${steps(planned)}, ${Number(epochs.toPrecision(2))} passes over ${short(trainBytes)}B of text`;
  const speed = `${count(tokensPerSecond)} tokens/s measured`;
  const why =
    limit === 'time'
      ? `${speed}: about ${passes}`
      : `stops after ${passes}, sooner than the time is up: more would teach nothing`;
  return [
    `chosen for ${time(maxTime)}: ${flags} (${short(parameters)} parameters)`,
    expected === null ? why : `${why}; about ${expected.toFixed(2)} bits/byte expected of unseen text`,
  ];
}

export function stepLine(event: StepEvent, eta: number | undefined, of: number | null): string {
  const parts = [
    `step ${count(event.iter)}${of === null ? '' : `/${count(of)}`}`,
    `loss ${loss(event.loss)}`,
    `lr ${rate(event.lr)}`,
    `${count(event.tokensPerSecond)} tokens/s`,
    time(event.elapsed),
  ];
  if (eta !== undefined) parts.push(`ETA ${time(eta)}`);
  return parts.join('  ');
}

export function evalLine(event: EvalEvent): string {
  const parts = [`step ${count(event.iter)}`, `validation ${loss(event.valLoss)}`, `training ${loss(event.trainLoss)}`];
  if (Number.isFinite(event.bitsPerByte)) parts.push(`${event.bitsPerByte.toFixed(3)} bits/byte`);
  if (event.accuracy !== undefined) parts.push(`accuracy ${(100 * event.accuracy).toFixed(1)} %`);
  if (event.macroF1 !== undefined) parts.push(`macro F1 ${event.macroF1.toFixed(3)}`);
  return parts.join('  ');
}

/** Losses by step, for the curve at the end. */
export class LossHistory {
  readonly training: [number, number][] = [];
  readonly validation: [number, number][] = [];

  add(event: RunEvent): void {
    if (event.event === 'step') this.training.push([event.iter, event.loss]);
    if (event.event === 'eval') this.validation.push([event.iter, event.valLoss]);
  }

  curve(width: number, paint: { training?: Series['paint']; validation?: Series['paint'] } = {}): string[] {
    const series = (points: [number, number][], colour: Series['paint']): Series =>
      colour ? { points, paint: colour } : { points };
    return plot([series(this.training, paint.training), series(this.validation, paint.validation)], {
      width: Math.min(width, 72),
      height: 10,
    });
  }
}

const REASONS: Readonly<Record<DoneEvent['reason'], string>> = {
  finished: 'done',
  'early-stop': 'stopped early: no further improvement',
  time: 'time limit reached',
  interrupted: 'interrupted; the state is saved',
};

/** The command that uses what was trained. */
function useOf(task: StartEvent['task'], out: string): string {
  if (task === 'classify') return `use it: ${quoteCommand(['gpt-cli', 'classify', out])} "..."`;
  if (task === 'choice') return `use it: ${quoteCommand(['gpt-cli', 'classify', out])} --input questions.jsonl`;
  return `sample: ${quoteCommand(['gpt-cli', 'sample', out])} --prompt "..."`;
}

/** What resumes a run that was interrupted. */
export function resumeCommand({ out }: DoneEvent, start: StartEvent | undefined): string {
  return quoteCommand(['gpt-cli', start?.command ?? 'pretrain', '--resume', '--out', out]);
}

function baselineText(baselines: StartEvent['baselines']): string {
  if (!baselines) return '';
  return ` (baselines: majority class ${percent(baselines.majority)}, bag of words ${percent(baselines.bagOfWords)})`;
}

/** Bits per byte: of the best evaluation, and what was expected. */
export interface Outcome {
  readonly bitsPerByte: number;
  readonly expected: number | null;
}

/** What a person wants to know at the end, and the commands that come next. */
export function summary(
  event: DoneEvent,
  checkpoints: ReadonlyMap<string, string>,
  start: StartEvent | undefined,
  outcome?: Outcome,
): string[] {
  if (event.iter === 0) {
    const reason = event.reason === 'interrupted' ? 'interrupted' : REASONS[event.reason];
    return [`${reason} before the first step: nothing is saved`];
  }
  const seconds = `${steps(event.iter)}, ${time(event.elapsed)}, ${count(event.tokensPerSecond)} tokens/s`;
  const lines = [`${REASONS[event.reason]}: ${seconds}, peak memory ${count(event.peakMemoryMB)} MB`];
  const losses: string[] = [];
  const best = Number.isFinite(event.bestValLoss) ? ` (best ${loss(event.bestValLoss)})` : '';
  if (Number.isFinite(event.valLoss)) losses.push(`validation loss ${loss(event.valLoss)}${best}`);
  if (Number.isFinite(event.trainLoss)) losses.push(`training loss ${loss(event.trainLoss)}`);
  if (event.accuracy !== undefined) losses.push(`accuracy ${percent(event.accuracy)}${baselineText(start?.baselines)}`);
  if (event.macroF1 !== undefined) losses.push(`macro F1 ${event.macroF1.toFixed(3)}`);
  lines.push(losses.join(', ') || 'not evaluated yet');
  if (outcome && outcome.expected !== null && Number.isFinite(outcome.bitsPerByte))
    lines.push(`${outcome.bitsPerByte.toFixed(3)} bits/byte, about ${outcome.expected.toFixed(2)} expected`);
  for (const [kind, path] of checkpoints) lines.push(`${kind}: ${path}`);
  if (event.reason === 'interrupted') lines.push(`resume: ${resumeCommand(event, start)}`);
  lines.push(useOf(start?.task, event.out));
  return lines;
}

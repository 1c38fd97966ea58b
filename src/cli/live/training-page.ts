// The page of a training run: what is known of it, laid out for a size. Pure: a state and a size give lines.
import type { EvalEvent, StartEvent, StepEvent, TextEvent } from '../../events.js';
import { count, loss, rate, short, time, width } from '../format.js';
import { plot, type Series } from '../plot.js';
import { type Paint, visible, visibleLine } from '../terminal-text.js';
import { barText } from './bar-text.js';
import type { History } from './history.js';
import type { ScreenSize } from './screen.js';
import { cut, flow, line, wrap } from './text.js';

export interface TrainingPage {
  readonly start: StartEvent;
  readonly step: StepEvent | undefined;
  readonly evaluation: EvalEvent | undefined;
  readonly best: EvalEvent | undefined;
  readonly sample: TextEvent | undefined;
  /** Seconds since this process began. */
  readonly elapsed: number;
  /** Seconds until the end, where they are known. */
  readonly eta: number | undefined;
  /** Work other than training, while it is under way. */
  readonly phase: string | undefined;
  readonly training: History;
  readonly validation: History;
  readonly rates: History;
  /** Warnings and notices, the newest last. */
  readonly messages: readonly string[];
}

/** Columns from which samples are next to the curve, not below it. */
const wide = 110;
const mostMessages = 3;

/** As many lines as `rows`, or fewer; the first ones are those that matter most. */
export function pageLines(page: TrainingPage, { columns, rows }: ScreenSize, paint: Paint): string[] {
  const head = [title(page, columns, paint), progress(page, columns, paint), ...facts(page, columns)];
  const messages = page.messages
    .slice(-mostMessages)
    .map((text) => paint.yellow(cut(visibleLine(text.slice(0, columns)), columns)));
  const foot = rows >= 12 ? [paint.dim(cut('Ctrl-C stops and saves the run', columns))] : [];
  const left = rows - head.length - messages.length - foot.length;
  return [...head, ...body(page, { columns, rows: left }, paint), ...messages, ...foot];
}

function title({ start }: TrainingPage, columns: number, paint: Paint): string {
  const engine = `${start.backend} on ${start.device}, ${start.threads} ${start.threads === 1 ? 'thread' : 'threads'}`;
  const name = cut(`${start.command} ${visibleLine(start.out)}`, columns);
  const size = `${short(start.parameters)} parameters`;
  const right = [`${size}  ${engine}`, size, ''].find((text) => width(name) + 2 + text.length <= columns) ?? '';
  const gap = ' '.repeat(Math.max(0, columns - width(name) - right.length));
  return line([[name, paint.bold], [gap], [right, paint.dim]], columns);
}

function progress({ start, step, phase, eta, elapsed }: TrainingPage, columns: number, paint: Paint): string {
  const { maxIters, maxTime = null } = start;
  const iter = step?.iter ?? start.iter;
  const share = maxTime !== null ? elapsed / maxTime : maxIters !== null ? iter / maxIters : 0;
  const before = phase ?? `step ${count(iter)}${maxIters === null ? '' : `/${count(maxIters)}`}`;
  const percent = maxTime === null && maxIters === null ? '' : `${Math.floor(100 * Math.min(1, share))} %`;
  const after = [percent, eta === undefined ? '' : `ETA ${time(eta)}`].filter(Boolean).join('  ');
  const room = columns - width(before) - after.length - 2;
  if (room < 6 || percent === '') return line([[`${before} ${after}`.trim()]], columns);
  return line([[`${before} `], [barText(share, room), paint.cyan], [` ${after}`]], columns);
}

/** The numbers, in as few lines as they fit. */
function facts({ step, evaluation, best, elapsed }: TrainingPage, columns: number): string[] {
  const fields: string[] = [];
  if (step) fields.push(`loss ${loss(step.loss)}`);
  if (evaluation) {
    const { valLoss, accuracy } = evaluation;
    const better = best && best.iter !== evaluation.iter ? ` (best ${loss(best.valLoss)} at ${count(best.iter)})` : '';
    fields.push(`validation ${loss(valLoss)}${better}`);
    if (accuracy !== undefined) fields.push(`accuracy ${(100 * accuracy).toFixed(1)} %`);
  }
  if (step) {
    fields.push(`lr ${rate(step.lr)}`, `gradient norm ${step.gradNorm.toPrecision(3)}`);
    fields.push(`${short(step.tokensPerSecond)} tokens/s`);
    if (step.memoryMB !== undefined) fields.push(`${count(step.memoryMB)} MB`);
  }
  fields.push(time(elapsed));
  return flow(fields, columns);
}

/** Curves and the latest sample in the lines that are left. */
function body(page: TrainingPage, { columns, rows }: ScreenSize, paint: Paint): string[] {
  if (rows < 5) return [];
  if (columns >= wide && rows >= 12) {
    const left = Math.floor(columns * 0.6);
    const right = columns - left - 2;
    const rateRows = 5;
    const rates = [...rateCurve(page, { columns: right, rows: rateRows }, paint), ''];
    const sample = sampleLines(page, { columns: right, rows: rows - 1 - rateRows - 1 }, paint);
    return ['', ...sideBySide(lossCurve(page, { columns: left, rows: rows - 1 }, paint), [...rates, ...sample], left)];
  }
  const sampleRows = page.sample && rows >= 11 ? Math.floor(rows / 3) : 0;
  const sample = sampleLines(page, { columns, rows: sampleRows }, paint);
  const rateRows = rows - sample.length >= 16 ? 5 : 0;
  const rates = rateRows > 0 ? rateCurve(page, { columns, rows: rateRows }, paint) : [];
  const curve = lossCurve(page, { columns, rows: rows - rates.length - sample.length }, paint);
  return [...curve, ...rates, ...sample];
}

function lossCurve({ training, validation }: TrainingPage, { columns, rows }: ScreenSize, paint: Paint): string[] {
  const series: Series[] = [
    { points: training.points, paint: paint.gray },
    { points: validation.points, paint: paint.cyan },
  ];
  const caption = line([['loss of '], ['training', paint.gray], [' and '], ['validation', paint.cyan]], columns);
  return curve(caption, series, { columns, rows });
}

function rateCurve({ rates }: TrainingPage, size: ScreenSize, paint: Paint): string[] {
  return curve(cut('learning rate', size.columns), [{ points: rates.points, paint: paint.gray }], size, rate);
}

/** Exactly `rows` lines: a caption, the curve, its axis. */
function curve(
  caption: string,
  series: readonly Series[],
  { columns, rows }: ScreenSize,
  label?: typeof rate,
): string[] {
  const drawn = plot(series, { width: columns, height: rows - 2, ...(label && { label }) });
  const lines = drawn.length === 0 ? [] : [caption, ...drawn];
  return Array.from({ length: rows }, (_, i) => lines[i] ?? '');
}

function sampleLines({ sample }: TrainingPage, { columns, rows }: ScreenSize, paint: Paint): string[] {
  if (!sample || rows < 2) return [];
  const text = visible(sample.text).replaceAll('\t', '  ').trim();
  return [paint.dim(cut(`sample at step ${count(sample.iter)}`, columns)), ...wrap(text, columns, rows - 1)];
}

function sideBySide(left: readonly string[], right: readonly string[], columns: number): string[] {
  return Array.from({ length: Math.max(left.length, right.length) }, (_, i) => {
    const text = left[i] ?? '';
    return `${text}${' '.repeat(Math.max(0, columns - width(text)))}  ${right[i] ?? ''}`;
  });
}

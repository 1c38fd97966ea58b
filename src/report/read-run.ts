// What a run folder knows of its run: settings and log. A run in progress, a torn last line and logs of older versions, which
// lack fields, are read as far as they go. Opens no model.
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { GptError } from '../errors.js';
import type { DoneEvent, EvalEvent, StartEvent, StepEvent } from '../events.js';
import { exists, readJsonObject } from '../files/index.js';

/** The key of a number in step and eval events. Losses in nats per token, memory in MB of 10^6 bytes. */
export type Measure =
  | keyof Pick<StepEvent, 'loss' | 'lr' | 'gradNorm' | 'tokensPerSecond' | 'memoryMB'>
  | keyof Pick<EvalEvent, 'trainLoss' | 'valLoss' | 'bitsPerByte' | 'accuracy' | 'macroF1'>;

/** Values by step; NaN where a value is unknown. */
export interface Curve {
  readonly steps: number[];
  /** Seconds spent on the run by all its processes. */
  readonly seconds: number[];
  readonly values: number[];
}

export interface RecordedText {
  readonly iter: number;
  readonly text: string;
}

export interface RunRecord {
  /** The folder, as it was named. */
  readonly name: string;
  readonly folder: string;
  /** All of the run's config.json. */
  readonly record: Readonly<Record<string, unknown>>;
  /** One for each process that worked on it. */
  readonly starts: readonly Partial<StartEvent>[];
  readonly curves: ReadonlyMap<Measure, Curve>;
  readonly evaluations: readonly Partial<EvalEvent>[];
  readonly samples: readonly RecordedText[];
  readonly warnings: readonly string[];
  /** Absent while the run is in progress, and where it was killed. */
  readonly done: Partial<DoneEvent> | undefined;
  /** The last step in the log. */
  readonly iter: number;
  readonly seconds: number;
}

type Line = Readonly<Record<string, unknown>>;

/**
 * @param path a run folder, or a checkpoint in it
 * @throws GptError `report/run` where there is no run
 */
export async function readRun(path: string): Promise<RunRecord> {
  const folder = await runFolder(path);
  const config = join(folder, 'config.json');
  const record = (await exists(config)) ? await readJsonObject(config, 'run/config') : {};
  const log = new LogReader();
  for await (const text of createInterface({ input: createReadStream(join(folder, 'log.jsonl')) })) {
    const line = parse(text);
    if (line) log.add(line);
  }
  return { name: path, folder, record, ...log.result() };
}

async function runFolder(path: string): Promise<string> {
  const places = ['last', 'best', 'stable'].includes(basename(path)) ? [path, dirname(path)] : [path];
  for (const place of places) if ((await stat(join(place, 'log.jsonl')).catch(() => undefined))?.isFile()) return place;
  const there = await exists(path);
  throw new GptError('report/run', there ? `${path} holds no run: there is no log.jsonl` : `there is no ${path}`, {
    hint: 'give a folder that pretrain or finetune wrote',
  });
}

function parse(text: string): Line | undefined {
  try {
    const value = JSON.parse(text) as unknown;
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Line) : undefined;
  } catch {
    return undefined; // torn
  }
}

const numberOf = (value: unknown): number => (typeof value === 'number' ? value : Number.NaN); // NaN is null in JSON

class LogReader {
  private readonly starts: Partial<StartEvent>[] = [];
  private readonly curves = new Map<Measure, Curve>();
  private evaluations: Partial<EvalEvent>[] = [];
  private samples: RecordedText[] = [];
  private readonly warnings: string[] = [];
  private done: Partial<DoneEvent> | undefined;
  private iter = 0;
  private seconds = 0;
  /** Seconds before the process that now writes. */
  private before = 0;

  add(line: Line): void {
    const { event } = line;
    if (event === 'start') this.start(line);
    else if (event === 'notice' && typeof line['message'] === 'string') this.warnings.push(line['message']);
    else if (event === 'done') this.done = line as Partial<DoneEvent>;
    else if (Number.isSafeInteger(line['iter'])) this.atStep(line, line['iter'] as number);
  }

  private start(line: Line): void {
    this.starts.push(line as Partial<StartEvent>);
    this.before = this.seconds;
    this.done = undefined;
    // What an earlier process made after the checkpoint that this one resumes from.
    const iter = numberOf(line['iter']);
    if (iter < this.iter) this.truncate(iter);
  }

  private truncate(iter: number): void {
    this.iter = iter;
    for (const { steps, seconds, values } of this.curves.values()) {
      const kept = steps.findLastIndex((step) => step <= iter) + 1;
      for (const column of [steps, seconds, values]) column.length = kept;
    }
    this.evaluations = this.evaluations.filter((each) => each.iter! <= iter);
    this.samples = this.samples.filter((each) => each.iter <= iter);
  }

  private atStep(line: Line, iter: number): void {
    this.iter = Math.max(this.iter, iter);
    if (line['event'] === 'step') {
      const elapsed = numberOf(line['elapsed']);
      if (elapsed >= 0) this.seconds = this.before + elapsed;
      this.measure(line, iter, ['loss', 'lr', 'gradNorm', 'tokensPerSecond', 'memoryMB']);
    } else if (line['event'] === 'eval') {
      this.evaluations.push(line as Partial<EvalEvent>);
      this.measure(line, iter, ['trainLoss', 'valLoss', 'bitsPerByte', 'accuracy', 'macroF1']);
    } else if (line['event'] === 'text' && typeof line['text'] === 'string') {
      this.samples.push({ iter, text: line['text'] });
    }
  }

  private measure(line: Line, iter: number, keys: readonly Measure[]): void {
    for (const key of keys) {
      const value = numberOf(line[key]);
      if (!Number.isFinite(value)) continue;
      const curve = this.curves.get(key) ?? { steps: [], seconds: [], values: [] };
      this.curves.set(key, curve);
      curve.steps.push(iter);
      curve.seconds.push(this.seconds);
      curve.values.push(value);
    }
  }

  result() {
    const { starts, curves, evaluations, samples, warnings, done, iter, seconds } = this;
    return { starts, curves, evaluations, samples, warnings, done, iter, seconds };
  }
}

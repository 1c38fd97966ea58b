// log.jsonl: every event of a run, a line each. Each line is handed to the system whole, so a killed run has at most a
// torn last line; a resumed one cuts what came after its checkpoint, and the log reads as that of an unbroken run.
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, truncateSync, writeSync } from 'node:fs';
import { explain } from '../files/index.js';
import type { TrainingState } from '../train/index.js';

/** An event as in the CONTRACT: `event` names it; those of training have `iter`. */
export interface LogLine {
  readonly event: string;
  readonly iter?: number;
  readonly kind?: string;
}

/** What events are written to. */
export interface EventLog {
  append(line: object): void;
  close(): void;
}

export class RunLog implements EventLog {
  private constructor(
    readonly path: string,
    private readonly descriptor: number,
  ) {}

  /** @param resume the state that the run resumes from; without it the log begins empty */
  static open(path: string, resume?: Pick<TrainingState, 'iter' | 'evaluation'>): RunLog {
    try {
      const lines = resume && existsSync(path) ? readFileSync(path) : Buffer.alloc(0);
      if (resume && lines.length > 0) truncateSync(path, lengthUntil(lines, resume));
      const log = new RunLog(path, openSync(path, resume ? 'a' : 'w'));
      if (resume && lines.length > 0) log.completeEvaluation(lines, resume);
      return log;
    } catch (error) {
      throw explain(error, path);
    }
  }

  /** An evaluation is saved before it is reported: its line is missing where the process died between the two. */
  private completeEvaluation(lines: Buffer, { iter, evaluation }: Pick<TrainingState, 'iter' | 'evaluation'>): void {
    if (evaluation?.iter !== iter) return;
    const known = lines.toString().split('\n').map(parse);
    if (known.some((line) => line?.event === 'eval' && line.iter === iter)) return;
    const { iter: _, ...measured } = evaluation;
    this.append({ event: 'eval', iter, ...measured });
  }

  append(line: object): void {
    try {
      writeSync(this.descriptor, `${JSON.stringify(line)}\n`);
    } catch (error) {
      throw explain(error, this.path);
    }
  }

  close(): void {
    try {
      fsyncSync(this.descriptor);
    } finally {
      closeSync(this.descriptor);
    }
  }
}

/** Bytes of the log that belong to the run as it was when `resume` was saved. */
export function lengthUntil(log: Uint8Array, resume: Pick<TrainingState, 'iter' | 'evaluation'>): number {
  const text = new TextDecoder();
  for (let start = 0; start < log.length; ) {
    const end = log.indexOf(10, start);
    if (end < 0 || isAfter(parse(text.decode(log.subarray(start, end))), resume)) return start;
    start = end + 1;
  }
  return log.length;
}

function isAfter(line: LogLine | undefined, { iter, evaluation }: Pick<TrainingState, 'iter' | 'evaluation'>): boolean {
  if (line === undefined) return true;
  if (line.event === 'done') return true;
  if (line.iter === undefined || line.event === 'start') return false;
  if (line.iter !== iter) return line.iter > iter;
  // Of the state's own step: its evaluation, and what followed from it, only if the state knows of it.
  if (line.event === 'checkpoint' && line.kind === 'stable') return true; // it is saved again
  const evaluated = line.event === 'eval' || (line.event === 'checkpoint' && line.kind === 'best');
  return evaluated && evaluation?.iter !== iter;
}

function parse(line: string): LogLine | undefined {
  try {
    const parsed = JSON.parse(line) as LogLine | null;
    return parsed !== null && typeof parsed.event === 'string' ? parsed : undefined;
  } catch {
    return undefined;
  }
}

// An event file of TensorBoard: a sequence of records, appended and handed to the system whole, so that a killed run leaves at
// most a torn last one. A run that resumes appends a new file. Knows nothing of training.
import { closeSync, mkdirSync, openSync, readdirSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { explain } from '../files/index.js';
import { type EventMessage, encodeEvent, sessionStart, type ValueMessage } from './messages.js';
import { recordOf } from './record.js';

const prefix = 'events.out.tfevents.';

export interface EventFileOptions {
  /**
   * The first step that is written: readers drop what earlier files of the folder have from this step on. Every file says so,
   * since TensorBoard's reader takes the first start for that of the run.
   */
  readonly firstStep: number;
  /** Seconds since 1970; for tests. */
  readonly clock?: () => number;
}

export class EventFile {
  private constructor(
    readonly path: string,
    private readonly descriptor: number,
    private readonly clock: () => number,
  ) {}

  /** @throws GptError `checkpoint/not-writable` */
  static create(folder: string, { firstStep, clock = () => Date.now() / 1000 }: EventFileOptions): EventFile {
    try {
      mkdirSync(folder, { recursive: true });
      const earlier = readdirSync(folder)
        .filter((name) => name.startsWith(prefix))
        .sort();
      const path = join(folder, nameAfter(earlier.at(-1), clock()));
      const file = new EventFile(path, openSync(path, 'wx'), clock);
      file.write({ fileVersion: 'brain.Event:2' });
      file.write({ step: firstStep, sessionLog: { status: sessionStart } });
      return file;
    } catch (error) {
      throw explain(error, folder);
    }
  }

  values(step: number, value: readonly ValueMessage[]): void {
    if (value.length > 0) this.write({ step, summary: { value } });
  }

  close(): void {
    closeSync(this.descriptor);
  }

  private write(event: Omit<EventMessage, 'wallTime'>): void {
    try {
      writeSync(this.descriptor, recordOf(encodeEvent({ wallTime: this.clock(), ...event })));
    } catch (error) {
      throw explain(error, this.path);
    }
  }
}

/** TensorBoard reads the files of a folder in the order of their names, so a new one sorts last, whatever the clock says. */
function nameAfter(earlier: string | undefined, now: number): string {
  const before = Number(earlier?.slice(prefix.length).split('.')[0] ?? 0);
  const seconds = Math.max(Math.floor(now), before + 1);
  return `${prefix}${String(seconds).padStart(10, '0')}.gpt-cli.${process.pid}`;
}

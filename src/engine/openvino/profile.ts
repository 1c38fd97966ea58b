// The times of a compiled graph's nodes, collected run by run and written in the form of onnxruntime's profiles, which trace
// viewers and bench/profile.js read.
import { writeFileSync } from 'node:fs';
import type { Pointer } from '../koffi.js';
import type { OpenvinoApi } from './native/ffi.js';
import { checked } from './native/library.js';

interface TraceEvent {
  readonly cat: 'Session' | 'Node';
  readonly ph: 'X';
  readonly pid: number;
  readonly tid: number;
  readonly name: string;
  /** Microseconds. */
  readonly ts: number;
  readonly dur: number;
  readonly args: Readonly<Record<string, unknown>>;
}

/** Later ones are run, but not written: a step has about a thousand nodes. */
const mostRuns = 500;

/** `ov_profiling_info_t.status` of a node that was computed, not removed. */
const executed = 2;

export class Profile {
  private readonly events: TraceEvent[] = [];
  private runs = 0;

  /** @param prefix beginning of the file's name */
  constructor(
    private readonly api: OpenvinoApi,
    private readonly prefix: string,
  ) {}

  /**
   * Adds the run that a request has just made.
   * @param start of the run, and its end, in milliseconds of `performance.now()`
   */
  add(request: Pointer, start: number, end: number): void {
    if (++this.runs > mostRuns) return;
    const ts = Math.round(1000 * start);
    this.push('Session', 'model_run', ts, Math.round(1000 * (end - start)), {});
    const list = { profiling_infos: null, size: 0 };
    checked(this.api, 'give times', () => this.api.ov_infer_request_get_profiling_info(request, list));
    let at = ts;
    for (const node of this.api.decodeProfile(list)) {
      if (node.status !== executed) continue;
      const [name, dur] = [`${node.node_name}_kernel_time`, Number(node.real_time)];
      this.push('Node', name, at, dur, { op_name: node.node_type, kernel: node.exec_type, input_type_shape: [] });
      at += dur;
    }
    this.api.ov_profiling_info_list_free(list);
  }

  /** Writes the file. */
  write(): void {
    const date = new Date().toISOString().slice(0, 19).replaceAll(':', '-').replace('T', '_');
    writeFileSync(`${this.prefix}_${date}.json`, JSON.stringify(this.events));
  }

  private push(cat: TraceEvent['cat'], name: string, ts: number, dur: number, args: TraceEvent['args']): void {
    this.events.push({ cat, ph: 'X', pid: process.pid, tid: process.pid, name, ts, dur, args });
  }
}

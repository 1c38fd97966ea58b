// The times of a compiled graph's runs and nodes, written in the form of onnxruntime's profiles, which trace
// viewers and bench/profile.js read.
import { writeFileSync } from 'node:fs';
import type { Pointer } from '../koffi.js';
import type { OpenvinoApi, ProfiledNode, ProfiledNodes } from './native/ffi.js';
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
const mostRuns = 200;

/** `ov_profiling_info_t.status` of a node that was computed, not removed. */
const executed = 2;

export class Profile {
  private readonly runs: { readonly ts: number; readonly dur: number }[] = [];

  /** @param prefix beginning of the file's name */
  constructor(
    private readonly api: OpenvinoApi,
    private readonly prefix: string,
  ) {}

  /** Adds a run; milliseconds of `performance.now()`. */
  add(start: number, end: number): void {
    if (this.runs.length < mostRuns)
      this.runs.push({ ts: Math.round(1000 * start), dur: Math.round(1000 * (end - start)) });
  }

  /**
   * Writes the file. OpenVINO gives a node's mean time over all runs, so the nodes of every run have that.
   * @param request that made the runs
   */
  write(request: Pointer): void {
    const nodes = this.runs.length > 0 ? this.nodesOf(request) : [];
    const { pid } = process;
    const event = { ph: 'X', pid, tid: pid } as const;
    const events: TraceEvent[] = [];
    for (const { ts, dur } of this.runs) {
      events.push({ ...event, cat: 'Session', name: 'model_run', ts, dur, args: {} });
      let at = ts;
      for (const { node_name, node_type, exec_type, real_time } of nodes) {
        const args = { op_name: node_type, kernel: exec_type, input_type_shape: [] };
        events.push({ ...event, cat: 'Node', name: `${node_name}_kernel_time`, ts: at, dur: Number(real_time), args });
        at += Number(real_time);
      }
    }
    const date = new Date().toISOString().slice(0, 19).replaceAll(':', '-').replace('T', '_');
    writeFileSync(`${this.prefix}_${date}.json`, JSON.stringify(events));
  }

  private nodesOf(request: Pointer): ProfiledNode[] {
    const list: ProfiledNodes = { profiling_infos: null, size: 0 };
    checked(this.api, 'give times', () => this.api.ov_infer_request_get_profiling_info(request, list));
    const nodes = this.api.decodeProfile(list).filter(({ status }) => status === executed);
    this.api.ov_profiling_info_list_free(list);
    return nodes;
  }
}

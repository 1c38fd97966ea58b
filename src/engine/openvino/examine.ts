// What OpenVINO's library offers here: its version, where it was found, and how fast it computes a graph.
import type { Graph, HostArray } from '../../trace/graph.js';
import { loadOpenvino } from './native/library.js';
import { choosePrecision } from './precision.js';
import { OpenvinoSession } from './session.js';

export interface OpenvinoReport {
  readonly version: string;
  /** What led to the library. */
  readonly source: string;
  /** Of float32 products. */
  readonly gflops: number;
  /** What --precision auto would choose. */
  readonly precision: 'f32' | 'bf16';
}

/**
 * @param measure times runs of `graph`
 * @throws GptError `openvino/missing`, `openvino/load`, `openvino/ffi`
 */
export async function examineOpenvino(
  threads: number,
  graph: Graph,
  measure: (run: (feeds: Readonly<Record<string, HostArray>>) => Promise<unknown>) => Promise<number>,
): Promise<OpenvinoReport> {
  const { version, located } = await loadOpenvino();
  const product = await OpenvinoSession.open(graph, { threads, precision: 'f32' });
  const gflops = await measure((feeds) => product.run(feeds));
  await product.release();
  return { version: version.split('-')[0]!, source: located.source, gflops, precision: choosePrecision('auto') };
}

// What OpenVINO's library offers here: its version, where it was found, and how fast it computes a graph.
import type { Graph, HostArray } from '../../trace/graph.js';
import type { Precision } from '../types.js';
import { loadOpenvino } from './native/library.js';
import { bf16Unit, choosePrecision } from './precision.js';
import { openSession } from './session.js';

export interface OpenvinoReport {
  readonly version: string;
  /** What led to the library. */
  readonly source: string;
  /** Of float32 products. */
  readonly gflops: number;
  /** Of bfloat16 products, where the processor has instructions for them. */
  readonly bf16Gflops?: number;
  /** What --precision auto would choose. */
  readonly precision: Precision;
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
  const speed = async (precision: Precision) => {
    const product = await openSession(graph, { threads, precision });
    const gflops = await measure((feeds) => product.run(feeds));
    await product.release();
    return gflops;
  };
  return {
    version: version.split('-')[0]!,
    source: located.source,
    gflops: await speed('f32'),
    ...(bf16Unit() !== 'none' && { bf16Gflops: await speed('bf16') }),
    precision: choosePrecision('auto'),
  };
}

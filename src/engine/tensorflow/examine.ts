// What TensorFlow's library offers here: its version, where it was found, its devices and how fast each computes a graph.
import type { Graph, HostArray } from '../../trace/graph.js';
import type { Device } from '../types.js';
import { compileGraph } from './compile.js';
import { Context, loadLibrary } from './native/index.js';

export interface LibraryReport {
  readonly version: string;
  /** What led to the library. */
  readonly source: string;
  readonly devices: readonly { readonly name: Device; readonly available: true; readonly gflops: number }[];
}

type Run = (feeds: Readonly<Record<string, HostArray>>) => Promise<unknown>;

/**
 * @param measure times runs of `graph`
 * @throws GptError `tensorflow/missing`, `tensorflow/load`, `tensorflow/ffi`
 */
export async function examineLibrary(
  threads: number,
  graph: Graph,
  measure: (run: Run) => Promise<number>,
): Promise<LibraryReport> {
  const library = await loadLibrary();
  const context = Context.open(library, { threads, interThreads: 1, growMemory: true, gpu: true });
  const devices: LibraryReport['devices'][number][] = [];
  for (const { name, type } of context.devices()) {
    if (type !== 'CPU' && !(type === 'GPU' && name.endsWith(':0'))) continue;
    const product = compileGraph(context, graph, { manner: { mode: 'graph', precision: 'f32' }, device: name });
    const gflops = await measure((feeds) => product.run(feeds));
    devices.push({ name: type === 'CPU' ? 'cpu' : 'cuda', available: true, gflops });
    product.dispose();
  }
  context.dispose();
  return { version: library.version, source: library.located.source, devices };
}

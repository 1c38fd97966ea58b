// The graphs that this engine compiles: composites inlined (XLA fuses what they consist of), then optimized.
import type { Graph } from '../../trace/graph.js';
import { optimize } from '../../trace/index.js';

/** A traced graph as TensorFlow is given it. */
export function prepared(graph: Graph): Graph {
  return optimize(graph, { keep: () => false });
}

// The graphs that this engine compiles: as onnxruntime's, but products turn their operands by themselves.
import type { Graph } from '../../trace/graph.js';
import { optimize } from '../../trace/index.js';
import { scatterIntoSum, shareGelu } from '../onnx/fuse.js';
import { kept } from '../onnx/lower.js';

/** A traced graph as this engine wants it. */
export function prepared(graph: Graph): Graph {
  return shareGelu(scatterIntoSum(optimize(graph, { keep: (op) => kept.has(op) })));
}

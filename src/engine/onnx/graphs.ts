// The graphs that this engine compiles: composites that it has no operator for inlined, improved.
import type { Graph } from '../../trace/graph.js';
import { optimize } from '../../trace/index.js';
import { scatterIntoSum, shareGelu, turnFirst } from './fuse.js';
import { kept } from './lower.js';

/** A traced graph as this engine wants it. */
export function prepared(graph: Graph): Graph {
  const improved = optimize(graph, { keep: (op) => kept.has(op) });
  return [scatterIntoSum, shareGelu, turnFirst].reduce((fused, pass) => pass(fused), improved);
}

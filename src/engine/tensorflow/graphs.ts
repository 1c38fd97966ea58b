// The graphs that this engine compiles: composites that a mode has no lowering for inlined, improved.
import type { Graph } from '../../trace/graph.js';
import { optimize } from '../../trace/index.js';
import { kept } from './lower.js';
import type { Mode } from './writer.js';

/** A traced graph as a mode wants it. */
export function prepared(graph: Graph, mode: Mode): Graph {
  return optimize(graph, { keep: kept(mode) });
}

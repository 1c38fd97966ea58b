// Who receives graphs. A file of its own, so that the library's types do not lead to tfjs.
import type { Graph } from '../trace/graph.js';

/** Hears of the improved graph of a step, or of an optimizer's update, before an engine compiles it. */
export type GraphListener = (graph: Graph, use: 'training' | 'inference' | 'update') => void;

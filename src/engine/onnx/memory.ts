// What onnxruntime comes to hold for the values of a graph: the order in which it takes and gives back buffers, played through a
// model of its arena.
import type { Graph } from '../../trace/graph.js';
import { type Allocation, memoryEvents } from '../../trace/index.js';
import { Arena } from './arena.js';

/** Its planner gives the buffer of a value to the next one of the same shape and holds it in between. */
const allocation: Allocation = {
  views: new Set(['Reshape', 'Identity', 'Fence']),
  apart: new Set(
    'BatchMatMul Einsum Transpose Turned Concat Reverse Cumsum Softmax Select GatherV2 Slice SplitV PadV2 Tile BroadcastTo Cast'.split(
      ' ',
    ),
  ),
  keeps: true,
  whole: new Set(['LayerNorm', 'Gelu', 'Embedding', 'EmbeddingGrad']),
};

/** The arena does not grow after the second run. */
const runs = 2;

/** Bytes that a session holds of the values inside a graph, from its second run on. */
export function arenaBytes(graph: Graph): number {
  const arena = new Arena();
  const events = memoryEvents(graph, allocation);
  for (let run = 0; run < runs; run++)
    for (const { buffer, bytes, taken } of events) taken ? arena.take(buffer, bytes) : arena.give(buffer);
  return arena.held;
}

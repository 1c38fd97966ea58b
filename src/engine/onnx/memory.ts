// What onnxruntime comes to hold for the values of a graph: the order in which it takes and gives back buffers, played through a
// model of its arena.
import type { Graph, Node, Value } from '../../trace/graph.js';
import {
  type Allocation,
  type GraphRewriter,
  memoryEvents,
  peakBytes,
  rewrite,
  shareCommonSubexpressions,
  usualAllocation,
} from '../../trace/index.js';
import { Arena } from './arena.js';

/** Its planner gives the buffer of a value to the next one of the same shape and holds it in between. */
const allocation: Allocation = {
  views: new Set(['Reshape', 'Identity', 'Fence']),
  apart: new Set(
    (
      'BatchMatMul Einsum Transpose Turned Concat Reverse Cumsum Select GatherV2 Slice SplitV PadV2 Tile ' +
      'BroadcastTo Cast'
    ).split(' '),
  ),
  keeps: true,
  whole: new Set(['LayerNorm', 'Gelu', 'Embedding', 'EmbeddingGrad']),
};

/** The arena does not grow after the second run. */
const runs = 2;

/** Bytes that a session holds of the values inside a graph, from its second run on. */
export function arenaBytes(graph: Graph): number {
  const arena = new Arena();
  const events = memoryEvents(lowered(graph, { ...gelu, ...losses }), allocation);
  for (let run = 0; run < runs; run++)
    for (const { buffer, bytes, taken } of events) {
      if (taken) arena.take(buffer, bytes);
      else arena.give(buffer);
    }
  return arena.held;
}

/** What composites/ makes of a composite, as far as its memory goes; the others take what their bodies take. */
type Memory = (inputs: readonly Value[], node: Node, to: GraphRewriter['to']) => Value[];

/** onnxruntime computes the common part of GELU and its gradient once, and keeps it in between. */
const geluPart = (x: Value, to: GraphRewriter['to']) => {
  const square = to.one('Multiply', [x, x]);
  return { square, s: to.one('Sigmoid', [to.one('Multiply', [to.one('Neg', [square]), x])]) };
};

const gelu: Readonly<Record<string, Memory>> = {
  GeluShared: ([x], _, to) => [to.one('Multiply', [x!, geluPart(x!, to).s])],
  GeluGrad: ([dy, x], _, to) => {
    const { square, s } = geluPart(x!, to);
    const products = [to.one('Multiply', [x!, s]), to.one('Neg', [s]), to.one('Neg', [square])];
    return [to.one('Multiply', [dy!, products.reduce((a, b) => to.one('Multiply', [a, b]))])];
  },
};

const losses: Readonly<Record<string, Memory>> = {
  /** A LogSoftmax, of which one column is taken. */
  TokenLoss: ([logits], { outputs }, to) => {
    const [all] = to.builder.add('LogSoftmax', [logits!], {}, [logits!]);
    const column = to.one('Sum', [all!], { axis: [1], keepDims: false });
    return outputs.map(() => column);
  },
  /** A Softmax, scaled and changed in place. */
  TokenLossGrad: ([dlosses, logits], _, to) => {
    const scale = to.reshape(dlosses!, [...dlosses!.shape, 1]);
    return [to.one('Neg', [to.one('Multiply', [to.one('Exp', [logits!]), scale])])];
  },
};

function lowered(graph: Graph, memory: Readonly<Record<string, Memory>>): Graph {
  const rewritten = rewrite(graph, {
    visit: (node, inputs, { to }) => memory[node.op]?.(inputs, node, to),
  });
  return shareCommonSubexpressions(rewritten);
}

const withLogSoftmax: Allocation = { ...usualAllocation, apart: new Set([...usualAllocation.apart, 'LogSoftmax']) };

/** `peakBytes` for OpenVINO: it is given losses as onnxruntime is, and lays out the rest by itself. */
export function peakWithLosses(graph: Graph): number {
  return peakBytes(lowered(graph, losses), withLogSoftmax);
}

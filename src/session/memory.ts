// Peak memory of a training run, estimated before it starts, and the refusal of one that the machine cannot
// hold. Knows sizes, not engines; what it counts was compared with measured runs (docs/performance.md).
import {
  type ArraySpec,
  availableMemory,
  choosePrecision,
  type Jit,
  type Optimizer,
  type Precision,
} from '../engine/index.js';
import { GptError } from '../errors.js';
import { blockSize, blocksOf } from '../quantization/index.js';

/** Bytes, by part. */
export interface MemoryEstimate {
  readonly parameters: number;
  /** With the scratch that accumulation adds from, and with onnx the copy that onnxruntime's binding returns. */
  readonly gradients: number;
  /** The optimizer's slots. */
  readonly optimizer: number;
  /** Activations: the values of the compiled graphs that are alive at once, unpacked matrices among them. */
  readonly activations: number;
  /** Node, this program, the engine's library and its compiler. */
  readonly runtime: number;
  readonly total: number;
  /** Of `parameters`, those that are trained. */
  readonly trained: number;
}

/** Of a compiled graph. */
export interface GraphMemory {
  /** Bytes of the values inside it: engine/graphs.ts, valueBytes. */
  readonly values: number;
  readonly nodes: number;
}

export interface MemoryParts {
  readonly specs: readonly ArraySpec[];
  readonly optimizer: Optimizer;
  readonly gradAccum: number;
  /** Of each compiled graph; its values with the largest matrix that it unpacks. */
  readonly graphs: readonly GraphMemory[];
  /** Training programs, one for each length of batches. Default: 1. */
  readonly programs?: number;
  /** Default: onnx. */
  readonly engine?: EstimatedEngine;
  /** How tensorflow runs steps; `auto` compiles both ways. */
  readonly jit?: Jit;
  /** What openvino computes in; `auto` as it would choose here. */
  readonly precision?: Precision | 'auto';
}

/** Engines on the CPU whose memory was measured. */
export type EstimatedEngine = 'onnx' | 'openvino' | 'tensorflow';

interface Costs {
  /** Arrays of the gradients' size. */
  gradientCopies(gradAccum: number): number;
  /** Bytes of the graphs' values, of those of each graph. */
  activations(values: readonly number[]): number;
  /** Of a process that has compiled a model; with uncollected garbage. */
  runtime(model: Compiled): number;
}

interface Compiled {
  /** How many arrays it has, and the bytes in float32 of the largest and of all. */
  readonly arrays: number;
  readonly largest: number;
  readonly all: number;
  /** Of all graphs. */
  readonly nodes: number;
  /** For training. */
  readonly programs: number;
}

/** The largest graph's: memory is given back after each run. */
const largest = (values: readonly number[]) => Math.max(0, ...values);
const withSums = (parts: number) => (parts > 1 ? 2 : 1);

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);

/**
 * The compiled products of each program keep the weights in layouts of their own, and with bfloat16 in both formats: those in 8 or 4
 * bits, too, as they are unpacked.
 */
const openvino = (activations: number, weights: number): Costs => ({
  gradientCopies: withSums,
  activations: (values) => activations * sum(values),
  runtime: ({ all, nodes, programs }) => 195e6 + 125e3 * nodes + weights * all * programs,
});

/** Fitted to measured runs: docs/performance.md, docs/tensorflow.md, docs/openvino.md. */
const costs: Readonly<Record<'onnx' | 'openvinoF32' | 'openvinoBf16' | 'graph' | 'xla', Costs>> = {
  onnx: {
    gradientCopies: (parts) => (parts > 1 ? 3 : 2),
    activations: sum,
    runtime: ({ nodes }) => 165e6 + 20e3 * nodes,
  },
  openvinoF32: openvino(1.5, 2.2),
  openvinoBf16: openvino(1, 2.5),
  graph: {
    gradientCopies: withSums,
    activations: (values) => 0.8 * largest(values),
    runtime: ({ largest }) => 460e6 + largest,
  },
  // Fused operations leave less behind; the compiler takes more for a deeper model.
  xla: {
    gradientCopies: withSums,
    activations: (values) => 0.85 * largest(values),
    runtime: ({ arrays, largest }) => 505e6 + 3.1e6 * arrays + largest,
  },
};

/** Peak memory of a run on the CPU. */
export function estimateMemory(parts: MemoryParts): MemoryEstimate {
  const { engine = 'onnx', jit = 'auto', precision = 'auto' } = parts;
  if (engine === 'onnx') return estimateBy(costs.onnx, parts);
  if (engine === 'openvino') {
    const format = precision === 'auto' ? choosePrecision('auto') : precision;
    return estimateBy(format === 'bf16' ? costs.openvinoBf16 : costs.openvinoF32, parts);
  }
  if (jit !== 'auto') return estimateBy(costs[jit], parts);
  const [graph, xla] = [estimateBy(costs.graph, parts), estimateBy(costs.xla, parts)];
  return graph.total > xla.total ? graph : xla;
}

function estimateBy(
  cost: Costs,
  { specs, optimizer: kept, gradAccum, graphs, programs = 1 }: MemoryParts,
): MemoryEstimate {
  const sizes = (some: readonly { readonly shape: readonly number[] }[]) =>
    some.map(({ shape }) => 4 * shape.reduce((a, b) => a * b, 1));
  const bytes = (some: readonly { readonly shape: readonly number[] }[]) =>
    sizes(some).reduce((sum, size) => sum + size, 0);
  const parameters = specs.reduce((sum, spec) => sum + bytesOfArray(spec), 0);
  const trainable = specs.filter((spec) => spec.trainable !== false);
  const trained = bytes(trainable);
  const gradients = trained * cost.gradientCopies(gradAccum);
  const optimizer = bytes(trainable.flatMap((spec) => kept.ruleFor(spec).slots(spec)));
  const activations = Math.round(cost.activations(graphs.map(({ values }) => values)));
  const compiled = {
    arrays: specs.length,
    largest: Math.max(0, ...sizes(specs)),
    all: bytes(specs),
    nodes: sum(graphs.map(({ nodes }) => nodes)),
    programs,
  };
  const runtime = Math.round(cost.runtime(compiled));
  const total = parameters + gradients + optimizer + activations + runtime;
  return { parameters, gradients, optimizer, activations, runtime, total, trained };
}

/** Bytes of an array as it is kept. */
export function bytesOfArray({ shape, quantized }: Pick<ArraySpec, 'shape' | 'quantized'>): number {
  if (!quantized) return 4 * shape.reduce((a, b) => a * b, 1);
  const [rows, columns] = [shape[quantized.outputAxis]!, shape[1 - quantized.outputAxis]!];
  return rows * blocksOf(columns) * ((blockSize * quantized.bits) / 8 + 4);
}

export interface Batching {
  readonly batchSize: number;
  readonly gradAccum: number;
}

/** Bytes that this process could hold in all: what it holds and what the machine has left. */
function reachable(): number {
  return availableMemory() + process.memoryUsage.rss();
}

/**
 * Refuses a run that would make the machine swap, or have its container stopped.
 * @throws GptError `run/memory`, with what would fit as hint
 */
export function requireMemory(estimate: MemoryEstimate, batching: Batching, limit = reachable()): void {
  if (estimate.total <= limit) return;
  const message = `the run needs about ${gigabytes(estimate.total)} of memory, ${gigabytes(limit)} are available`;
  const smaller = fitting(estimate, batching, limit);
  const advice = smaller
    ? `--batch-size ${smaller.batchSize} --grad-accum ${smaller.gradAccum} gives the same steps and fits`
    : 'not even a batch of one sequence fits: make the model smaller (--n-layer, --n-embd, --vocab-size, --block-size)';
  throw new GptError('run/memory', message, { hint: `${advice}; --no-memory-check starts anyway` });
}

/** The largest part of the batch that fits when its gradients are accumulated; undefined when none does. */
export function fitting(
  { parameters, gradients, optimizer, activations, runtime: rest, trained }: MemoryEstimate,
  { batchSize, gradAccum }: Batching,
  limit: number,
): Batching | undefined {
  const scratch = gradAccum > 1 ? 0 : trained;
  const fixed = parameters + gradients + scratch + optimizer + rest;
  for (let parts = 2; parts <= batchSize; parts++) {
    if (batchSize % parts !== 0 || fixed + activations / parts > limit) continue;
    return { batchSize: batchSize / parts, gradAccum: gradAccum * parts };
  }
  return undefined;
}

/** 4812345678 as 4.8 GB. */
export function gigabytes(bytes: number): string {
  return bytes < 0.95e9 ? `${Math.round(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}

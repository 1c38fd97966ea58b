// How much memory a training run takes at its peak, before it starts, and the refusal of one that the machine cannot
// hold. Knows sizes, not engines; what it counts was compared with measured runs (docs/performance.md).
import { availableMemory } from '../engine/index.js';
import { GptError } from '../errors.js';

/** Bytes, by what takes them. */
export interface MemoryEstimate {
  readonly parameters: number;
  /** With the scratch that accumulation adds from, and the copy that onnxruntime's binding returns. */
  readonly gradients: number;
  /** AdamW's two. */
  readonly moments: number;
  /** What lies between input and gradient: the values of the compiled graphs that are alive at once. */
  readonly activations: number;
  /** Node, this program, onnxruntime. */
  readonly runtime: number;
  readonly total: number;
}

export interface MemoryParts {
  readonly specs: readonly { readonly shape: readonly number[]; readonly trainable?: boolean }[];
  readonly gradAccum: number;
  /** Bytes of each compiled graph (trace, peakBytes): every session keeps its own memory. */
  readonly graphs: readonly number[];
}

/** Measured: a process that has compiled a small model, and garbage that is not collected yet. */
const runtime = 150e6;

/** What a run on the CPU with the onnx engine takes at its peak. */
export function estimateMemory({ specs, gradAccum, graphs }: MemoryParts): MemoryEstimate {
  const bytes = (some: MemoryParts['specs']) =>
    some.reduce((sum, { shape }) => sum + 4 * shape.reduce((a, b) => a * b, 1), 0);
  const parameters = bytes(specs);
  const trained = bytes(specs.filter(({ trainable }) => trainable !== false));
  const gradients = trained * (gradAccum > 1 ? 3 : 2);
  const moments = trained * 2;
  const activations = graphs.reduce((sum, peak) => sum + peak, 0);
  const total = parameters + gradients + moments + activations + runtime;
  return { parameters, gradients, moments, activations, runtime, total };
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
    ? `--batch-size ${smaller.batchSize} --grad-accum ${smaller.gradAccum} makes the same steps and fits`
    : 'not even a batch of one sequence fits: make the model smaller (--n-layer, --n-embd, --vocab-size, --block-size)';
  throw new GptError('run/memory', message, { hint: `${advice}; --no-memory-check tries it all the same` });
}

/** The largest part of the batch that fits when its gradients are accumulated; undefined when none does. */
export function fitting(
  { parameters, gradients, moments, activations, runtime: rest }: MemoryEstimate,
  { batchSize, gradAccum }: Batching,
  limit: number,
): Batching | undefined {
  const scratch = gradAccum > 1 ? 0 : moments / 2;
  const fixed = parameters + gradients + scratch + moments + rest;
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

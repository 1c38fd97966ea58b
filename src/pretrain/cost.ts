// What a training run will cost, from its settings alone: parameters, memory by part, arithmetic and, by a quick
// measurement of this machine, time a step. Reads no text and trains nothing.
import type { FinetuneConfig, PretrainConfig } from '../config/index.js';
import { type ArraySpec, defaultThreads, measureOnnx, updateCost } from '../engine/index.js';
import {
  countParameters,
  type GptConfig,
  headSpec,
  loraSpecs,
  type ParameterSpec,
  parameterSpecs,
  withTrainable,
} from '../model/index.js';
import { optimizers, optionsFor } from '../optimizer/registry.js';
import { formatOf } from '../quantization/index.js';
import { type EstimatedEngine, estimateMemory, type MemoryEstimate } from '../session/memory.js';
import type { Work } from '../trace/index.js';
import { graphCosts, type RecordedBatches } from './cost-graphs.js';

export interface Plan {
  readonly engine: EstimatedEngine;
  readonly parameters: number;
  /** Of one optimizer step, all its micro-batches. */
  readonly tokensPerStep: number;
  /** Bytes. */
  readonly memory: MemoryEstimate;
  /** Multiplications and additions of the matrix products of one optimizer step. */
  readonly flopsPerStep: number;
  /** Of these, those of the optimizer's update. */
  readonly updateFlopsPerStep: number;
  readonly threads: number;
  /** Of matrix products, measured now: 10^9 multiplications and additions a second. */
  readonly gflops: number;
  /** Of one optimizer step. Rough: see `secondsOf`. */
  readonly secondsPerStep: number;
}

/** What of a model a finetuning run trains, and on what. Absent: everything, on rows as long as the context. */
export interface Share
  extends Partial<Pick<FinetuneConfig, 'freeze' | 'loraRank' | 'loraAlpha' | 'quantize' | 'lmCoef'>> {
  readonly batches?: RecordedBatches;
}

/** Takes about a second: compiles nothing, but measures how fast this machine multiplies and copies. */
export async function planTraining(model: GptConfig, config: PretrainConfig, share: Share = {}): Promise<Plan> {
  const { batchSize, gradAccum, recompute } = config;
  const threads = config.threads ?? defaultThreads();
  const { freeze = 0, loraRank = 0, loraAlpha, quantize = 'none', lmCoef = 0, batches } = share;
  const lora = loraRank > 0 ? { rank: loraRank, alpha: loraAlpha ?? 2 * loraRank } : undefined;
  const head = batches?.labels === undefined ? [] : [headSpec(model, batches.labels)];
  const body = parameterSpecs(model);
  const all = [...body, ...(lora ? loraSpecs(body, lora) : []), ...head];
  const trainable = withTrainable(all, { freeze, adaptersOnly: lora !== undefined });
  const packed = (spec: ParameterSpec): ArraySpec['quantized'] =>
    quantize === 'none' || quantize === 'auto' ? undefined : formatOf(spec, quantize);
  const specs = trainable.map((spec) => (spec.trainable ? spec : { ...spec, quantized: packed(spec) }));
  const engine = config.backend === 'tensorflow' || config.backend === 'openvino' ? config.backend : 'onnx';
  const trained = specs.filter(({ trainable }) => trainable).map(({ name }) => name);
  const packedNames = new Set(specs.filter((spec: ArraySpec) => spec.quantized).map(({ name }) => name));
  const { memory, work } = await graphCosts(
    { ...model, dropout: config.dropout },
    { batchSize, recompute, engine, lora, trained, packed: packedNames, batches, lmCoef },
  );
  const parameters = countParameters(specs);
  const optimizer = optimizers[config.optimizer];
  const update = updateCost(specs, optimizer, optionsFor(optimizer, config));
  const graphs = [...memory, ...update.peaks.map((values) => ({ values, nodes: 0 }))];
  const speed = { gflops: await measureOnnx('cpu', threads), bytesPerSecond: copySpeed() };
  return {
    engine,
    parameters,
    tokensPerStep: Math.round(batchSize * gradAccum * timeOf(model, batches)),
    memory: estimateMemory({
      specs,
      optimizer,
      gradAccum,
      graphs,
      programs: batches?.lengths.length ?? 1,
      engine,
      jit: config.jit,
      precision: config.precision,
    }),
    flopsPerStep: work.flops * gradAccum + update.flops,
    updateFlopsPerStep: update.flops,
    threads,
    gflops: speed.gflops,
    secondsPerStep: gradAccum * secondsOf(work, speed) + secondsOf(update, speed),
  };
}

/** Positions of a row, the mean over the lengths of batches. */
function timeOf({ blockSize }: GptConfig, batches: RecordedBatches | undefined): number {
  if (!batches) return blockSize;
  const { lengths, choices = 1 } = batches;
  return (choices * lengths.reduce((sum, length) => sum + length, 0)) / lengths.length;
}

interface Speed {
  readonly gflops: number;
  readonly bytesPerSecond: number;
}

/**
 * Matrix products at the speed of a large one, everything else at that of copying. Small matrices are slower than that,
 * fused operations faster.
 */
export function secondsOf({ flops, bytes }: Work, { gflops, bytesPerSecond }: Speed): number {
  return flops / (gflops * 1e9) + bytes / bytesPerSecond;
}

/** Bytes read and written a second by one thread, arrays of a few megabytes: the best of a tenth of a second. */
function copySpeed(): number {
  const from = new Float32Array(1 << 20).fill(1);
  const to = new Float32Array(from.length);
  const end = performance.now() + 100;
  let best = Number.POSITIVE_INFINITY;
  do {
    const start = performance.now();
    to.set(from);
    best = Math.min(best, performance.now() - start);
  } while (performance.now() < end);
  return (2 * from.byteLength) / (best / 1000);
}

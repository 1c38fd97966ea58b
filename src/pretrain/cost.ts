// What a training run will cost, from its settings alone: parameters, memory by part, arithmetic and, by a quick
// measurement of this machine, time a step. Reads no text and trains nothing.
import type { FinetuneConfig, PretrainConfig } from '../config/index.js';
import {
  defaultThreads,
  inferenceGraph,
  measureOnnx,
  preparedBy,
  trainingGraph,
  updateCost,
  valueBytes,
} from '../engine/index.js';
import {
  countParameters,
  evaluationStep,
  Gpt,
  type GptConfig,
  type LoraConfig,
  loraSpecs,
  lossStep,
  parameterSpecs,
  withTrainable,
} from '../model/index.js';
import { optimizers, optionsFor } from '../optimizer/registry.js';
import { type EstimatedEngine, estimateMemory, type GraphMemory, type MemoryEstimate } from '../session/memory.js';
import { type Work, workOf } from '../trace/index.js';

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

/** What of a model a finetuning run trains. Absent: everything. */
export type Share = Partial<Pick<FinetuneConfig, 'freeze' | 'loraRank' | 'loraAlpha'>>;

/**
 * Takes about a second: compiles nothing, but measures how fast this machine multiplies and copies. A finetuning run is
 * planned as if every row were as long as the context.
 */
export async function planTraining(model: GptConfig, config: PretrainConfig, share: Share = {}): Promise<Plan> {
  const { batchSize, gradAccum, recompute } = config;
  const threads = config.threads ?? defaultThreads();
  const { freeze = 0, loraRank = 0, loraAlpha } = share;
  const lora = loraRank > 0 ? { rank: loraRank, alpha: loraAlpha ?? 2 * loraRank } : undefined;
  const body = parameterSpecs(model);
  const specs = withTrainable(lora ? [...body, ...loraSpecs(body, lora)] : body, {
    freeze,
    adaptersOnly: lora !== undefined,
  });
  const engine = config.backend === 'tensorflow' || config.backend === 'openvino' ? config.backend : 'onnx';
  const trained = specs.filter(({ trainable }) => trainable).map(({ name }) => name);
  const { memory, work } = await graphsOf(
    { ...model, dropout: config.dropout },
    {
      batchSize,
      recompute,
      engine,
      lora,
      trained,
    },
  );
  const parameters = countParameters(specs);
  const optimizer = optimizers[config.optimizer];
  const update = updateCost(specs, optimizer, optionsFor(optimizer, config));
  const graphs = [...memory, ...update.peaks.map((values) => ({ values, nodes: 0 }))];
  const speed = { gflops: await measureOnnx('cpu', threads), bytesPerSecond: copySpeed() };
  return {
    engine,
    parameters,
    tokensPerStep: batchSize * model.blockSize * gradAccum,
    memory: estimateMemory({
      specs,
      optimizer,
      gradAccum,
      graphs,
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

interface GraphSettings {
  readonly batchSize: number;
  readonly recompute: boolean;
  readonly engine: EstimatedEngine;
  readonly lora: LoraConfig | undefined;
  /** The names of the parameters that are trained. */
  readonly trained: readonly string[];
}

/** The training graph and that of evaluation, as pretraining compiles them. */
async function graphsOf(model: GptConfig, { batchSize, recompute, engine, lora, trained }: GraphSettings) {
  const prepared = preparedBy[engine];
  const gpt = await Gpt.create(model, { recompute, lora });
  try {
    const shape = { batchSize, time: model.blockSize };
    const training = trainingGraph(lossStep(gpt, shape), trained, prepared);
    const evaluation = inferenceGraph(evaluationStep(gpt, shape), prepared);
    const memory = [training, evaluation].map(
      (graph): GraphMemory => ({ values: valueBytes[engine](graph), nodes: graph.nodes.length }),
    );
    return { memory, work: workOf(training) };
  } finally {
    gpt.dispose();
  }
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

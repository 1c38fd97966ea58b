// The graphs that a run compiles, traced to know what they cost. Compiles nothing.
import { inferenceGraph, preparedBy, trainingGraph, valueBytes } from '../engine/index.js';
import {
  Classifier,
  classifierLossStep,
  evaluationStep,
  Gpt,
  type GptConfig,
  type LoraConfig,
  lossStep,
  scoresStep,
} from '../model/index.js';
import type { EstimatedEngine, GraphMemory } from '../session/memory.js';
import { addWork, type Graph, largestUnpacked, type Work, workOf } from '../trace/index.js';

/** The batches of a finetuning run, as its config.json records them. Absent: whole contexts. */
export interface RecordedBatches {
  /** To which batches are padded: a training program for each. */
  readonly lengths: readonly number[];
  /** By length, how many places are projected to the vocabulary; null: all. */
  readonly answers: readonly (number | null)[];
  /** Rows of an evaluation. */
  readonly evaluationRows: number;
  /** Of a classifier: rows of its head, and how many choices an example has. */
  readonly labels?: number;
  readonly choices?: number;
}

export interface CostOptions {
  readonly batchSize: number;
  readonly recompute: boolean;
  readonly engine: EstimatedEngine;
  readonly lora: LoraConfig | undefined;
  /** The names of the parameters that are trained. */
  readonly trained: readonly string[];
  /** Those in 8 or 4 bits. */
  readonly packed: ReadonlySet<string>;
  readonly batches: RecordedBatches | undefined;
  /** Weight of a classifier's auxiliary loss. */
  readonly lmCoef: number;
}

export interface GraphCosts {
  readonly memory: readonly GraphMemory[];
  /** Of a micro-batch, the mean over the lengths. */
  readonly work: Work;
}

/** The training graphs and those of evaluation. */
export async function graphCosts(model: GptConfig, options: CostOptions): Promise<GraphCosts> {
  const { recompute, engine, lora, trained, packed } = options;
  const prepared = preparedBy[engine];
  const gpt = await Gpt.create(model, { recompute, lora });
  const labels = options.batches?.labels;
  const classifier = labels === undefined ? undefined : new Classifier(gpt, labels);
  try {
    const memory: GraphMemory[] = [];
    const works: Work[] = [];
    const memoryOf = (graph: Graph): GraphMemory => ({
      values: valueBytes[engine](graph) + largestUnpacked(graph, packed),
      nodes: graph.nodes.length,
    });
    for (const { training, evaluation } of stepsOf(gpt, classifier, options)) {
      const graph = trainingGraph(training, trained, prepared);
      works.push(workOf(graph));
      memory.push(memoryOf(graph), memoryOf(inferenceGraph(evaluation, prepared)));
    }
    return { memory, work: meanOf(works) };
  } finally {
    classifier?.dispose();
    gpt.dispose();
  }
}

function stepsOf(gpt: Gpt, classifier: Classifier | undefined, { batchSize, batches, lmCoef }: CostOptions) {
  if (!batches) {
    const shape = { batchSize, time: gpt.config.blockSize };
    return [{ training: lossStep(gpt, shape), evaluation: evaluationStep(gpt, shape) }];
  }
  const { lengths, answers, evaluationRows, choices = 1 } = batches;
  return lengths.map((time, i) => {
    const [shape, wide] = [
      { batchSize, time },
      { batchSize: evaluationRows, time },
    ];
    if (classifier) {
      const training = classifierLossStep(classifier, shape, { lmCoef, choices, partial: true });
      return { training, evaluation: scoresStep(classifier, wide, choices) };
    }
    const training = lossStep(gpt, shape, { partial: true, answers: answers[i] ?? undefined });
    return { training, evaluation: evaluationStep(gpt, wide) };
  });
}

function meanOf(works: readonly Work[]): Work {
  const { flops, bytes } = works.reduce(addWork);
  return { flops: flops / works.length, bytes: bytes / works.length };
}

// Measures a language model: the mean negative log-likelihood over batches. Knows a compiled program, no model.
import type { Part } from '../cluster/index.js';
import { type Batch, type BatchShape, evaluationBatches, type TokenSpan } from '../dataset/index.js';
import type { Program } from '../engine/types.js';
import type { Evaluation } from '../train/index.js';

/** Sums over batches: nats and the number of targets that counted. */
export type Score = Readonly<Record<'lossSum' | 'count', number>>;

/**
 * Adds up the losses of all batches. Stops early, with null, when the signal says so.
 * @param program has outputs `lossSum` and `count` (model/steps, evaluationStep)
 */
export async function score(program: Program, batches: Iterable<Batch>, signal?: AbortSignal): Promise<Score | null> {
  let lossSum = 0;
  let count = 0;
  for (const { ids, targets } of batches) {
    if (signal?.aborted) return null;
    const result = await program.run({ ids, targets });
    lossSum += result['lossSum']![0]!;
    count += result['count']![0]!;
    await new Promise((resolve) => setImmediate(resolve)); // lets Ctrl-C in
  }
  return { lossSum, count };
}

/** Bits per byte of a text: nats a token, turned into bits and spread over the bytes of its tokens. */
export function bitsPerByte(loss: number, tokens: number, bytes: number): number {
  return ((loss / Math.LN2) * tokens) / bytes;
}

export interface TextEvaluatorOptions {
  readonly program: Program;
  readonly train: TokenSpan;
  /** Of length 0 when there is none: the training text then stands for it. */
  readonly validation: TokenSpan;
  readonly valBytes: number;
  readonly shape: BatchShape;
  /** Batches a measurement. */
  readonly evalIters: number;
  readonly seed: number;
  /** Of every batch, the part that this worker measures, and what adds up the scores of all. */
  readonly part?: Part | undefined;
  readonly addUp?: (own: Score | null) => Promise<Score | null>;
}

/** Estimates training and validation loss, always on the same random batches. */
export function textEvaluator(options: TextEvaluatorOptions): (signal?: AbortSignal) => Promise<Evaluation | null> {
  const { program, train, validation, valBytes, shape, evalIters, seed, part, addUp } = options;
  const estimate = async (span: TokenSpan, signal?: AbortSignal) => {
    const own = await score(program, evaluationBatches(span, shape, evalIters, seed, part), signal);
    return addUp ? addUp(own) : own;
  };
  return async (signal) => {
    const onTrain = await estimate(train, signal);
    const onValidation = validation.length === 0 ? onTrain : await estimate(validation, signal);
    if (onTrain === null || onValidation === null) return null;
    const trainLoss = onTrain.lossSum / onTrain.count;
    const valLoss = onValidation.lossSum / onValidation.count;
    const bits = validation.length === 0 ? Number.NaN : bitsPerByte(valLoss, validation.length, valBytes);
    return { trainLoss, valLoss, bitsPerByte: bits };
  };
}

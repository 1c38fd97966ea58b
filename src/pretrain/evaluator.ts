// Measures a language model: the mean negative log-likelihood over batches. Knows a compiled program, no model.
import type { Part } from '../cluster/index.js';
import { type BatchShape, evaluationBatches, type TokenSpan } from '../dataset/index.js';
import type { Program } from '../engine/types.js';
import { type Score, score } from '../scoring/score.js';
import type { Evaluation } from '../train/index.js';

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

/** Bits per byte of a text: nats per token, turned into bits and spread over the bytes of its tokens. */
function bitsPerByte(loss: number, tokens: number, bytes: number): number {
  return ((loss / Math.LN2) * tokens) / bytes;
}

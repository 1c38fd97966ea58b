// Batches out of a token span. Which tokens go into a batch depends on (seed, step) alone, so a resumed run sees what an
// unbroken one would. Shapes: ids and targets are [B, T] row-major; targets are ids moved on by one.
import { type Part, type RowRange, rowRange } from '../cluster/rows.js';
import { GptError } from '../errors.js';
import { Random, stream } from '../rng.js';
import type { TokenSpan } from './span.js';

export interface BatchShape {
  /** B, rows. */
  readonly batchSize: number;
  /** T, tokens in a row. */
  readonly blockSize: number;
}

export interface Batch {
  readonly ids: Int32Array;
  /** -1 where no loss is taken. */
  readonly targets: Int32Array;
}

/** Stands where a target does not count. */
export const ignored = -1;

/**
 * A block needs blockSize + 1 tokens: the last one is only a target.
 * @throws GptError `dataset/too-short`, naming the lengths and what to change
 */
export function requireBlock(span: TokenSpan, blockSize: number): void {
  if (span.length > blockSize) return;
  const shorter = span.length >= 2 ? `--block-size ${span.length - 1} or less, or ` : '';
  const split =
    span.name === 'validation'
      ? ', a larger --val-split, or --val-split 0 to do without'
      : ', or a smaller --val-split';
  throw new GptError(
    'dataset/too-short',
    `the ${span.name} text has ${span.length} tokens; a block of --block-size ${blockSize} needs ${blockSize + 1}`,
    { hint: `${shorter}more text${split}` },
  );
}

/**
 * Rows at random places, as nanoGPT draws them (uniform, with replacement). Which rows a step has does not depend on how they
 * are divided into micro-batches and among workers.
 * @param key `micro` counts the micro-batches of a step (gradient accumulation), from 0; with `part`, the rows are that
 * part of each micro-batch; rows that it does not have are id 0 and target -1
 */
export function randomBatch(
  span: TokenSpan,
  shape: BatchShape,
  key: { readonly seed: number; readonly step: number; readonly micro?: number; readonly part?: Part | undefined },
): Batch {
  return drawBatch(
    span,
    shape,
    new Random(key.seed, stream.batch, key.step, 0),
    rowRange(key.part, shape.batchSize, key.micro),
  );
}

/** `count` batches, or a part of each, for an estimate of the loss: random places, the same whenever it is called. */
export function* evaluationBatches(
  span: TokenSpan,
  shape: BatchShape,
  count: number,
  seed: number,
  part?: Part,
): Generator<Batch> {
  for (let index = 0; index < count; index++) {
    yield drawBatch(span, shape, new Random(seed, stream.evaluation, index), rowRange(part, shape.batchSize));
  }
}

function drawBatch(
  span: TokenSpan,
  { batchSize, blockSize }: BatchShape,
  random: Random,
  { from, to }: RowRange,
): Batch {
  requireBlock(span, blockSize);
  for (let row = 0; row < from; row++) random.integer(1); // rows of other parts
  const ids = new Int32Array(batchSize * blockSize);
  const targets = new Int32Array(batchSize * blockSize).fill(ignored);
  for (let row = 0; row < to - from; row++) {
    const tokens = span.read(random.integer(span.length - blockSize), blockSize + 1);
    ids.set(tokens.subarray(0, blockSize), row * blockSize);
    targets.set(tokens.subarray(1), row * blockSize);
  }
  return { ids, targets };
}

/**
 * The whole span in windows of the block size, one after the other: each token is a target exactly once, but for the
 * first, which has nothing before it, unless `before` (the id of <|endoftext|>) is given.
 * What is left of the last batch is filled with id 0 and target -1. `count` is the number of targets that count.
 */
export function* windows(
  span: TokenSpan,
  { batchSize, blockSize }: BatchShape,
  options: { readonly before?: number } = {},
): Generator<Batch & { readonly count: number }> {
  const { before } = options;
  const firstTarget = before === undefined ? 1 : 0;
  for (let next = firstTarget; next < span.length; ) {
    const ids = new Int32Array(batchSize * blockSize);
    const targets = new Int32Array(batchSize * blockSize).fill(ignored);
    let count = 0;
    for (let row = 0; row < batchSize && next < span.length; row++) {
      const length = Math.min(blockSize, span.length - next);
      const at = row * blockSize;
      targets.set(span.read(next, length), at);
      if (next > 0) ids.set(span.read(next - 1, length), at);
      else {
        ids[at] = before!;
        ids.set(span.read(0, length - 1), at + 1);
      }
      next += length;
      count += length;
    }
    yield { ids, targets, count };
  }
}

/** How many optimizer steps see as many tokens as the span has, rounded up. */
export function stepsPerEpoch(
  span: TokenSpan,
  { batchSize, blockSize, gradAccum = 1 }: BatchShape & { readonly gradAccum?: number },
): number {
  return Math.max(1, Math.ceil(span.length / (batchSize * blockSize * gradAccum)));
}

// Training on padded batches of a few lengths: one compiled program per length, all on one state. To the training loop it
// looks like one program. Knows padded batches, no model.
import { type Part, rowRange } from '../cluster/index.js';
import {
  answerLimits,
  answersOf,
  bucketLengths,
  countOf,
  type Encoded,
  EpochBatches,
  ignored,
  longestOf,
  type PaddedBatch,
} from '../dataset/index.js';
import type { Feeds, StepResult, StepUpdate, TrainingProgram } from '../engine/types.js';
import { sumOf } from './totals.js';

/** Dispatches a step on the length of its batches. */
export class BucketProgram implements TrainingProgram {
  /**
   * @param programs by the length of their batches; who compiled them disposes them
   * @param rows of a batch
   */
  constructor(
    private readonly programs: ReadonlyMap<number, TrainingProgram>,
    private readonly rows: number,
  ) {}

  step(microBatches: readonly Feeds[], update: StepUpdate): Promise<StepResult> {
    const time = microBatches[0]!['ids']!.length / this.rows;
    const program = this.programs.get(time);
    if (!program) throw new Error(`no program for batches of ${time} tokens: there are ${[...this.programs.keys()]}`);
    return program.step(microBatches, update);
  }

  async dispose(): Promise<void> {
    // Holds nothing of its own.
  }
}

/** The same batch, padded to `length`. */
export function widen(batch: PaddedBatch, length: number): PaddedBatch {
  if (batch.length === length) return batch;
  const rows = batch.ids.length / batch.length;
  const ids = new Int32Array(rows * length);
  const targets = new Int32Array(rows * length).fill(ignored);
  for (let row = 0; row < rows; row++) {
    ids.set(batch.ids.subarray(row * batch.length, (row + 1) * batch.length), row * length);
    targets.set(batch.targets.subarray(row * batch.length, (row + 1) * batch.length), row * length);
  }
  return { ...batch, ids, targets, length };
}

export interface StepShape {
  readonly batchSize: number;
  readonly blockSize: number;
  readonly gradAccum: number;
  /** Rows of an example: see `padBatch`. */
  readonly choices?: number;
  /** Whether only the places that have a target are projected to the vocabulary: see `answersOf`. */
  readonly answersAlone?: boolean;
  /** Pad further where that saves programs: see `fewLengths`. */
  readonly fewPrograms?: boolean;
}

/** The batches of every optimizer step, or a worker's part of them: a pure function of (examples, shape, seed, step). */
export class StepBatches {
  readonly stepsPerEpoch: number;
  /** The lengths that batches of any epoch can have. */
  readonly lengths: readonly number[];
  /** By length, the largest number of targets of a batch; whole batches at lengths that are not here. */
  readonly answers: ReadonlyMap<number, number>;
  private readonly batches: EpochBatches;

  constructor(
    private readonly examples: readonly Encoded[],
    private readonly shape: StepShape,
    seed: number,
    private readonly part?: Part,
  ) {
    this.batches = new EpochBatches(examples, shape, seed, part);
    this.stepsPerEpoch = this.batches.stepsPerEpoch;
    const used = usedLengths(examples, shape.blockSize);
    this.lengths = shape.fewPrograms ? fewLengths(examples, used) : used;
    this.answers = shape.answersAlone ? answerLimits(examples, this.lengths, shape.batchSize) : new Map();
  }

  /** The micro-batches of step `iter`, from 1, all of one length, since one program makes the step. */
  at(iter: number): PaddedBatch[] {
    const micro = Array.from({ length: this.shape.gradAccum }, (_, i) => this.batches.at(iter - 1, i));
    const { length: planned, whole } = micro[0]!;
    const length = this.lengths.find((fits) => fits >= planned && this.hasRoom(fits, whole))!;
    const limit = this.answers.get(length);
    return micro.map((batch) => {
      const wide = widen(batch, length);
      return limit === undefined ? wide : { ...wide, ...answersOf(wide, limit) };
    });
  }

  /** Whether the program of a length takes the answers of every micro-batch of every worker: all of them run the same one. */
  private hasRoom(length: number, whole: readonly number[]): boolean {
    const limit = this.answers.get(length);
    if (limit === undefined) return true;
    const { gradAccum, batchSize } = this.shape;
    const { count, ...part } = this.part ?? { count: 1, whole: batchSize };
    for (let micro = 0; micro < gradAccum; micro++) {
      for (let index = 0; index < count; index++) {
        const { from, to } = rowRange({ ...part, count, index }, batchSize, micro);
        if (sumOf(whole.slice(from, to), (row) => countOf(this.examples[row]!)) > limit) return false;
      }
    }
    return true;
  }
}

/** Of the bucket lengths, those that some example needs. */
export function usedLengths(examples: readonly Encoded[], blockSize: number): number[] {
  const lengths = bucketLengths(blockSize);
  const used = new Set(examples.map((example) => lengths.find((length) => longestOf(example) <= length)!));
  return [...used].sort((a, b) => a - b);
}

/** A program of a large model takes seconds to compile and may hold its weights once more: each must save so much of the positions. */
const worthwhile = 0.08;

/**
 * Of these lengths, those whose programs are worth their cost: the one whose batches cost the least to be padded to the next length is
 * dropped, again and again, while that adds at most 8 % of all positions.
 * @param lengths ascending; the longest one stays
 */
export function fewLengths(examples: readonly Encoded[], lengths: readonly number[]): number[] {
  const kept = lengths.map((length) => ({ length, rows: 0 }));
  for (const example of examples) kept.find(({ length }) => longestOf(example) <= length)!.rows++;
  const total = kept.reduce((sum, { length, rows }) => sum + length * rows, 0);
  for (;;) {
    const added = kept.slice(0, -1).map(({ length, rows }, i) => rows * (kept[i + 1]!.length - length));
    const least = added.indexOf(Math.min(...added));
    if (kept.length === 1 || added[least]! > worthwhile * total) return kept.map(({ length }) => length);
    kept[least + 1]!.rows += kept[least]!.rows;
    kept.splice(least, 1);
  }
}

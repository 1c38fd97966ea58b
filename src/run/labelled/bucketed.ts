// Training on padded batches of a few lengths: one compiled program a length, all on one state. To the training loop it
// looks like one program. Knows padded batches, no model.
import type { Part } from '../../cluster/index.js';
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
} from '../../dataset/index.js';
import type { Feeds, StepResult, StepUpdate, TrainingProgram } from '../../engine/types.js';

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
}

/** The batches of every optimizer step, or a worker's part of them: a pure function of (examples, shape, seed, step). */
export class StepBatches {
  readonly stepsPerEpoch: number;
  /** The lengths that batches of any epoch can have. */
  readonly lengths: readonly number[];
  /** By length, how many targets a batch has at most; whole batches at lengths that are not here. */
  readonly answers: ReadonlyMap<number, number>;
  private readonly batches: EpochBatches;

  constructor(
    private readonly examples: readonly Encoded[],
    private readonly shape: StepShape,
    seed: number,
    part?: Part,
  ) {
    this.batches = new EpochBatches(examples, shape, seed, part);
    this.stepsPerEpoch = this.batches.batchesPerEpoch / shape.gradAccum;
    this.lengths = usedLengths(examples, shape.blockSize);
    this.answers = shape.answersAlone ? answerLimits(examples, this.lengths, shape.batchSize) : new Map();
  }

  /** The micro-batches of step `iter`, from 1, all of one length, since one program makes the step. */
  at(iter: number): PaddedBatch[] {
    const { gradAccum } = this.shape;
    const micro = Array.from({ length: gradAccum }, (_, i) => this.batches.at((iter - 1) * gradAccum + i));
    const longest = Math.max(...micro.map(({ length }) => length));
    const fitting = this.lengths.filter((length) => micro.every((batch) => this.hasRoom(length, batch)));
    const length = fitting.find((fits) => fits >= longest)!;
    const limit = this.answers.get(length);
    return micro.map((batch) => {
      const wide = widen(batch, length);
      return limit === undefined ? wide : { ...wide, ...answersOf(wide, limit) };
    });
  }

  /** Whether the program of a length takes the answers of every worker's part: all workers run the same one. */
  private hasRoom(length: number, { whole }: PaddedBatch): boolean {
    const limit = this.answers.get(length);
    if (limit === undefined) return true;
    const counts = new Array<number>(Math.ceil(whole.length / this.shape.batchSize)).fill(0);
    for (const [at, row] of whole.entries()) {
      counts[Math.floor(at / this.shape.batchSize)]! += countOf(this.examples[row]!);
    }
    return counts.every((count) => count <= limit);
  }
}

/** Of the bucket lengths, those that some example needs. */
export function usedLengths(examples: readonly Encoded[], blockSize: number): number[] {
  const lengths = bucketLengths(blockSize);
  const used = new Set(examples.map((example) => lengths.find((length) => longestOf(example) <= length)!));
  return [...used].sort((a, b) => a - b);
}

// Batches of examples of different lengths, padded on the right to one of a few lengths, so that few graphs are compiled.
// Which rows make a batch depends on (seed, epoch) alone. Shapes: ids, targets [B, T] row-major, T the bucket's length; of
// multiple choice [B*K, T], K choices of an example one below the other.
import { type Part, type RowRange, rowRange } from '../../cluster/rows.js';
import { permutation, stream } from '../../rng.js';
import { type BatchShape, ignored } from '../batches.js';
import { type Encoded, longestOf } from './encode.js';

export interface PaddedBatch {
  readonly ids: Int32Array;
  /** -1 where no loss is taken, padding included. */
  readonly targets: Int32Array;
  /** Where there are some, `targets` is [K] and this, [K], where they are: see `answersOf`. */
  readonly places?: Int32Array;
  /** [B]; -1 in examples that do not count. */
  readonly labels: Int32Array;
  /** [B], how many choices each example has; 1 where it is no multiple choice. */
  readonly choices: Int32Array;
  /** [B] or [B*K], the last place of each row that is no padding: where a classification head reads. */
  readonly positions: Int32Array;
  /** T. */
  readonly length: number;
  /** Which examples the first rows are; the rest of the rows is filling. */
  readonly rows: Int32Array;
  /** Which examples the whole batch of the step has, all micro-batches of all workers. */
  readonly whole: readonly number[];
  /** Where this part's rows begin among those of the whole batch, in rows of `ids`. */
  readonly firstRow: number;
}

/** What one batch is made of. */
export interface PlannedBatch {
  readonly length: number;
  readonly rows: readonly number[];
}

const shortest = 8;

/**
 * The lengths that batches may have: 8, 12, 16, 24, 32, 48, 64, 96 ... and the block size. From the shortest on, padding
 * wastes a third at most.
 */
export function bucketLengths(blockSize: number): number[] {
  const lengths: number[] = [];
  for (let power = shortest; power < blockSize; power *= 2) {
    lengths.push(power);
    if (power * 1.5 < blockSize) lengths.push(power * 1.5);
  }
  return [...lengths, blockSize];
}

/**
 * The batches of one epoch: every row once, in an order drawn from (seed, epoch), rows of one bucket together. What is
 * left over at the end goes together by length; only the last batch may have fewer rows. The number of batches is the
 * same in every epoch.
 * @param lengths of the examples, none above shape.blockSize
 */
export function planEpoch(
  lengths: ArrayLike<number>,
  shape: BatchShape,
  key: { readonly seed: number; readonly epoch: number },
): PlannedBatch[] {
  return plan(lengths, shape, permutation(lengths.length, key.seed, stream.shuffle, key.epoch));
}

/** Every row once, in the order of the data within each bucket: for evaluation and for labelling. */
export function planOnce(lengths: ArrayLike<number>, shape: BatchShape): PlannedBatch[] {
  return plan(
    lengths,
    shape,
    Array.from(lengths, (_, row) => row),
  );
}

function plan(
  lengths: ArrayLike<number>,
  { batchSize, blockSize }: BatchShape,
  order: ArrayLike<number>,
): PlannedBatch[] {
  const buckets = bucketLengths(blockSize).map((length) => ({ length, rows: [] as number[] }));
  const bucketOf = (row: number) => {
    const bucket = buckets.find(({ length }) => lengths[row]! <= length);
    if (bucket === undefined) throw new RangeError(`row ${row} has ${lengths[row]} tokens, the block ${blockSize}`);
    return bucket;
  };
  const batches: PlannedBatch[] = [];
  for (let i = 0; i < order.length; i++) {
    const bucket = bucketOf(order[i]!);
    bucket.rows.push(order[i]!);
    if (bucket.rows.length < batchSize) continue;
    batches.push({ length: bucket.length, rows: bucket.rows });
    bucket.rows = [];
  }
  const rest = buckets.flatMap(({ rows }) => rows);
  for (let at = 0; at < rest.length; at += batchSize) {
    const rows = rest.slice(at, at + batchSize);
    batches.push({ length: bucketOf(rows.at(-1)!).length, rows });
  }
  return batches;
}

/**
 * Fills a planned batch, or a part of it: [batchSize * most, planned.length], id 0 and target -1 where there is nothing.
 * @param batchSize examples of the part
 * @param most K, the choices of an example at most
 * @param range which of the planned rows; default: the first ones
 */
export function padBatch(
  examples: readonly Encoded[],
  planned: PlannedBatch,
  batchSize: number,
  most = 1,
  range: RowRange = rowRange(undefined, batchSize),
): PaddedBatch {
  const { length, rows: whole } = planned;
  const rows = whole.slice(range.from, range.to);
  const ids = new Int32Array(batchSize * most * length);
  const targets = new Int32Array(batchSize * most * length).fill(ignored);
  const labels = new Int32Array(batchSize).fill(ignored);
  const choices = new Int32Array(batchSize).fill(most);
  const positions = new Int32Array(batchSize * most);
  for (const [index, example] of Array.from(rows, (row) => examples[row]!).entries()) {
    const parts = example.parts ?? [example.ids.length];
    labels[index] = example.label;
    choices[index] = parts.length;
    let from = 0;
    for (const [choice, count] of parts.entries()) {
      const row = index * most + choice;
      ids.set(example.ids.subarray(from, from + count), row * length);
      targets.set(example.targets.subarray(from, from + count), row * length);
      positions[row] = count - 1;
      from += count;
    }
  }
  const which = { rows: Int32Array.from(rows), whole, firstRow: range.from * most };
  return { ids, targets, labels, choices, positions, length, ...which };
}

export interface EpochShape extends BatchShape {
  /** K: see `padBatch`. */
  readonly choices?: number;
  /** Micro-batches of a step. */
  readonly gradAccum?: number;
}

/**
 * The batches of a run's steps by number, epoch after epoch; any one can be asked for, so that a run resumes at any step. The
 * rows of a step are planned as one batch and then divided into micro-batches and, with `part`, among workers: how they are
 * divided does not change which rows they are.
 */
export class EpochBatches {
  readonly stepsPerEpoch: number;
  private readonly lengths: Int32Array;
  private epoch = -1;
  private planned: PlannedBatch[] = [];
  private readonly whole: BatchShape;

  constructor(
    private readonly examples: readonly Encoded[],
    private readonly shape: EpochShape,
    private readonly seed: number,
    private readonly part?: Part,
  ) {
    this.lengths = Int32Array.from(examples, longestOf);
    this.whole = { ...shape, batchSize: (part?.whole ?? shape.batchSize) * (shape.gradAccum ?? 1) };
    this.stepsPerEpoch = planOnce(this.lengths, this.whole).length;
  }

  /** Micro-batch `micro` of step `index` of the run, both from 0. The last step of an epoch may leave some without rows. */
  at(index: number, micro = 0): PaddedBatch {
    const epoch = Math.floor(index / this.stepsPerEpoch);
    if (epoch !== this.epoch) this.planned = planEpoch(this.lengths, this.whole, { seed: this.seed, epoch });
    this.epoch = epoch;
    const { batchSize, choices } = this.shape;
    const range = rowRange(this.part, batchSize, micro);
    return padBatch(this.examples, this.planned[index % this.stepsPerEpoch]!, batchSize, choices, range);
  }
}

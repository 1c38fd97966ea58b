// Batches of examples of different lengths, padded on the right to one of a few lengths, so that few graphs are compiled.
// Which rows make a batch depends on (seed, epoch) alone. Shapes: ids, targets [B, T] row-major, T the bucket's length.
import type { Part } from '../../cluster/rows.js';
import { permutation, stream } from '../../rng.js';
import { type BatchShape, ignored } from '../batches.js';
import type { Encoded } from './encode.js';

export interface PaddedBatch {
  readonly ids: Int32Array;
  /** -1 where no loss is taken, padding included. */
  readonly targets: Int32Array;
  /** [B]; -1 in rows that do not count. */
  readonly labels: Int32Array;
  /** [B], the last place of each row that is no padding: where a classification head reads. */
  readonly positions: Int32Array;
  /** T. */
  readonly length: number;
  /** Which examples the first rows are; the rest of the rows is filling. */
  readonly rows: Int32Array;
  /** Which examples the whole batch has, of which this is a worker's part; the same as `rows` for one that works alone. */
  readonly whole: readonly number[];
}

/** What one batch is made of. */
export interface PlannedBatch {
  readonly length: number;
  readonly rows: readonly number[];
}

const shortest = 16;

/** The lengths that batches may have: 16, 24, 32, 48, 64, 96 ... and the block size; padding wastes a third at most. */
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
 * Fills a planned batch, or a part of it: [batchSize, planned.length], id 0 and target -1 where there is nothing.
 * @param batchSize rows of the part
 */
export function padBatch(
  examples: readonly Encoded[],
  planned: PlannedBatch,
  batchSize: number,
  part: Part = { index: 0, count: 1 },
): PaddedBatch {
  const { length, rows: whole } = planned;
  const rows = whole.slice(part.index * batchSize, (part.index + 1) * batchSize);
  const ids = new Int32Array(batchSize * length);
  const targets = new Int32Array(batchSize * length).fill(ignored);
  const labels = new Int32Array(batchSize).fill(ignored);
  const positions = new Int32Array(batchSize);
  for (const [row, index] of rows.entries()) {
    const example = examples[index]!;
    ids.set(example.ids, row * length);
    targets.set(example.targets, row * length);
    labels[row] = example.label;
    positions[row] = example.ids.length - 1;
  }
  return { ids, targets, labels, positions, length, rows: Int32Array.from(rows), whole };
}

/**
 * The batches of a run by number, epoch after epoch; any one can be asked for, so a resumed run goes on where it was.
 * With `part` a batch has `count` times as many rows, of which a worker sees its own.
 */
export class EpochBatches {
  readonly batchesPerEpoch: number;
  private readonly lengths: Int32Array;
  private epoch = -1;
  private planned: PlannedBatch[] = [];
  private readonly whole: BatchShape;

  constructor(
    private readonly examples: readonly Encoded[],
    private readonly shape: BatchShape,
    private readonly seed: number,
    private readonly part?: Part,
  ) {
    this.lengths = Int32Array.from(examples, ({ ids }) => ids.length);
    this.whole = { ...shape, batchSize: shape.batchSize * (part?.count ?? 1) };
    this.batchesPerEpoch = planOnce(this.lengths, this.whole).length;
  }

  /** Batch `index` of the run, from 0. */
  at(index: number): PaddedBatch {
    const epoch = Math.floor(index / this.batchesPerEpoch);
    if (epoch !== this.epoch) this.planned = planEpoch(this.lengths, this.whole, { seed: this.seed, epoch });
    this.epoch = epoch;
    return padBatch(this.examples, this.planned[index % this.batchesPerEpoch]!, this.shape.batchSize, this.part);
  }
}

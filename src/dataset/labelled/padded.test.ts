import fc from 'fast-check';
import type { Encoded } from './encode.js';
import { bucketLengths, EpochBatches, padBatch, planEpoch, planOnce } from './padded.js';

const shape = { batchSize: 4, blockSize: 100 };
const lengths = Array.from({ length: 203 }, (_, i) => 1 + ((i * 37) % 100));
const example = (length: number, label: number): Encoded => {
  const ids = Int32Array.from({ length }, (_, i) => i + 1);
  return { ids, targets: ids.map((id) => id + 1), label, cut: 'nothing' };
};

test('lengths are few, rise to the block size, and waste a third at most', () => {
  expect(bucketLengths(100)).toEqual([8, 12, 16, 24, 32, 48, 64, 96, 100]);
  expect(bucketLengths(64)).toEqual([8, 12, 16, 24, 32, 48, 64]);
  expect(bucketLengths(8)).toEqual([8]);
  expect(bucketLengths(1024)).toHaveLength(15);
});

test('an epoch has every row once, in batches of one length, all full but the last', () => {
  const row = fc.integer({ min: 1, max: 100 });
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 80 }), fc.integer({ min: 1, max: 7 }), (rows, batchSize) => {
      const batches = planEpoch(rows, { batchSize, blockSize: 100 }, { seed: 1, epoch: 2 });
      expect(batches.flatMap((batch) => [...batch.rows]).sort((a, b) => a - b)).toEqual(rows.map((_, i) => i));
      for (const batch of batches)
        expect(batch.length).toBeGreaterThanOrEqual(Math.max(...batch.rows.map((i) => rows[i]!)));
      expect(batches.slice(0, -1).every((batch) => batch.rows.length === batchSize)).toBe(true);
    }),
  );
});

test('the order is a pure function of seed and epoch, the number of batches the same in all', () => {
  const order = (seed: number, epoch: number) => JSON.stringify(planEpoch(lengths, shape, { seed, epoch }));
  expect(order(1, 0)).toBe(order(1, 0));
  expect(new Set([order(1, 0), order(1, 1), order(2, 0)]).size).toBe(3);
  for (let epoch = 0; epoch < 5; epoch++) expect(planEpoch(lengths, shape, { seed: 1, epoch })).toHaveLength(51);
  expect(planOnce(lengths, shape)).toHaveLength(51);
});

test('a batch is padded on the right, and what is padding counts nowhere (transformers#4122, babylm#5)', () => {
  const batch = padBatch([example(2, 1), example(3, 0)], { length: 4, rows: [1, 0] }, 3);
  expect([...batch.ids]).toEqual([1, 2, 3, 0, 1, 2, 0, 0, 0, 0, 0, 0]);
  expect([...batch.targets]).toEqual([2, 3, 4, -1, 2, 3, -1, -1, -1, -1, -1, -1]);
  expect([...batch.labels]).toEqual([0, 1, -1]);
  expect([...batch.positions]).toEqual([2, 1, 0]);
  expect([...batch.rows]).toEqual([1, 0]);
});

test('of multiple choice every choice is a row, and an example of fewer choices leaves rows empty', () => {
  const ids = Int32Array.of(1, 2, 3, 4, 5);
  const two: Encoded = { ids, targets: ids, parts: [2, 3], label: 1, cut: 'nothing' };
  const batch = padBatch([two], { length: 3, rows: [0] }, 2, 3);
  expect([...batch.ids]).toEqual([1, 2, 0, 3, 4, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  expect([...batch.targets.subarray(0, 9)]).toEqual([1, 2, -1, 3, 4, 5, -1, -1, -1]);
  expect([[...batch.labels], [...batch.choices]]).toEqual([
    [1, -1],
    [2, 3],
  ]);
  expect([...batch.positions]).toEqual([1, 2, 0, 0, 0, 0]);
});

test('any batch of a run can be asked for, in any order', () => {
  const examples = lengths.map((length, i) => example(length, i % 3));
  const run = new EpochBatches(examples, shape, 7);
  expect(run.stepsPerEpoch).toBe(51);
  const forward = Array.from({ length: 120 }, (_, index) => run.at(index));
  const resumed = new EpochBatches(examples, shape, 7);
  for (const index of [119, 60, 3, 51, 50]) expect(resumed.at(index)).toEqual(forward[index]);
  const seen = new Set(forward.slice(51, 102).flatMap(({ rows }) => [...rows]));
  expect(seen.size).toBe(203);
});

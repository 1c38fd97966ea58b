import fc from 'fast-check';
import type { Encoded } from '../dataset/index.js';
import { fewLengths, StepBatches } from './length-buckets.js';

/** 12 or 20 tokens, of which the last `answer` have a loss. */
const example = (length: number, answer: number): Encoded => {
  const ids = Int32Array.from({ length }, (_, i) => i + 1);
  return { ids, targets: ids.map((id) => (id > length - answer ? id + 1 : -1)), label: -1, cut: 'nothing' };
};
const shape = { batchSize: 4, blockSize: 32, gradAccum: 1, answersAlone: true };

/** How often each target occurs in an epoch, wherever it stands. */
function targetsOf(batches: StepBatches): Map<number, number> {
  const counts = new Map<number, number>();
  for (let iter = 1; iter <= batches.stepsPerEpoch; iter++) {
    for (const { targets } of batches.at(iter)) {
      for (const target of targets) if (target >= 0) counts.set(target, (counts.get(target) ?? 0) + 1);
    }
  }
  return counts;
}

test('a batch with more answers than its program has room for goes to a longer one, and none is lost', () => {
  // One in thirty of the short ones is nearly all answer, so that two of them in a batch are too many.
  const short = Array.from({ length: 120 }, (_, i) => (i % 30 === 0 ? example(12, 11) : example(12, 2)));
  const examples = [...short, ...Array.from({ length: 40 }, () => example(20, 10))];
  const batches = new StepBatches(examples, shape, 5);
  expect(batches.lengths).toEqual([12, 24]);
  expect(batches.answers.get(12)).toBeLessThan(4 * 11);
  const seeds = Array.from({ length: 40 }, (_, seed) => new StepBatches(examples, shape, seed));
  const whole = targetsOf(new StepBatches(examples, { ...shape, answersAlone: false }, 5));
  for (const other of seeds) expect(targetsOf(other)).toEqual(whole);
  const widened = seeds.some((other) =>
    Array.from({ length: other.stepsPerEpoch }, (_, i) => other.at(i + 1)[0]!).some(
      ({ length, rows }) => length === 24 && rows.every((row) => row < 120),
    ),
  );
  expect(widened).toBe(true);
});

test('the places are those of the targets', () => {
  const batches = new StepBatches([example(12, 3), example(12, 5)], shape, 1);
  const [{ ids, targets, places }] = batches.at(1) as [ReturnType<StepBatches['at']>[number]];
  expect(batches.answers).toEqual(new Map([[12, 8]]));
  expect(targets.length).toBe(8);
  expect([...targets]).toEqual(Array.from(places!, (place) => ids[place]! + 1)); // here each target is its id's successor
});

test('workers take the program that the fullest part needs', () => {
  const examples = Array.from({ length: 64 }, (_, i) => (i % 16 === 0 ? example(12, 11) : example(12, 1)));
  const all = [...examples, example(20, 1)];
  const part = (index: number) => new StepBatches(all, { ...shape, batchSize: 2 }, 9, { index, count: 2, whole: 4 });
  const [first, second] = [part(0), part(1)];
  for (let iter = 1; iter <= first.stepsPerEpoch; iter++) {
    expect(first.at(iter)[0]!.length).toBe(second.at(iter)[0]!.length);
  }
});

test('which rows a step has does not depend on how they are divided into micro-batches and among workers', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 2, max: 30 }), { minLength: 1, maxLength: 60 }),
      fc.record({
        batchSize: fc.integer({ min: 1, max: 4 }),
        gradAccum: fc.integer({ min: 1, max: 4 }),
        count: fc.integer({ min: 1, max: 3 }),
        missing: fc.integer({ min: 0, max: 3 }),
      }),
      (lengths, { batchSize, gradAccum, count, missing }) => {
        const examples = lengths.map((length) => example(length, 1));
        // Rows of one micro-batch of all workers: the last worker may have fewer.
        const whole = batchSize * count - (count > 1 ? Math.min(missing, batchSize - 1) : 0);
        const undivided = new StepBatches(examples, { ...shape, batchSize: whole * gradAccum }, 4);
        const workers = Array.from(
          { length: count },
          (_, index) => new StepBatches(examples, { ...shape, batchSize, gradAccum }, 4, { index, count, whole }),
        );
        for (const worker of workers) expect(worker.stepsPerEpoch).toBe(undivided.stepsPerEpoch);
        for (let iter = 1; iter <= undivided.stepsPerEpoch + 1; iter++) {
          const rows = [...undivided.at(iter)[0]!.rows];
          const parts = workers.map((worker) => worker.at(iter));
          const found = Array.from({ length: gradAccum }, (_, micro) => parts.flatMap((part) => part[micro]!));
          expect(found.flat().flatMap((part) => [...part.rows])).toEqual(rows);
          for (const part of found.flat()) {
            expect(part.whole).toEqual(rows);
            expect([...part.rows]).toEqual(rows.slice(part.firstRow, part.firstRow + part.rows.length));
          }
          expect(new Set(found.flat().map(({ length }) => length)).size).toBe(1);
        }
      },
    ),
    { numRuns: 60 },
  );
});

test('a large model has programs for the lengths that are worth one, worked by hand', () => {
  const rows = (length: number, count: number) =>
    Array.from(
      { length: count },
      (): Encoded => ({ ids: new Int32Array(length), targets: new Int32Array(length), label: 0, cut: 'nothing' }),
    );
  const examples = [...rows(8, 50), ...rows(12, 50), ...rows(16, 2), ...rows(96, 1)];
  // 400 + 600 + 32 + 96 positions. 16 to 96 adds 160, 14 %; 12 to 16 adds 200, 8 to 12 adds 200.
  expect(fewLengths(examples, [8, 12, 16, 96])).toEqual([8, 12, 16, 96]);
  // Of few short texts 8 goes to 12 (20 of 4,928) and 12 to 16 (40 more).
  const long = [...rows(8, 5), ...rows(12, 5), ...rows(16, 3), ...rows(96, 50)];
  expect(fewLengths(long, [8, 12, 16, 96])).toEqual([16, 96]);
  expect(fewLengths(rows(8, 3), [8])).toEqual([8]);
});

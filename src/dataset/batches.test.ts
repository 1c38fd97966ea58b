import fc from 'fast-check';
import { evaluationBatches, randomBatch, requireBlock, stepsPerEpoch, windows } from './batches.js';
import { errorOf } from './fixtures.js';
import { spanOf } from './span.js';

const counting = (length: number, name?: string) =>
  spanOf(
    Array.from({ length }, (_, i) => i),
    name,
  );

test('a batch holds consecutive tokens, and its targets are moved on by one', () => {
  const { ids, targets } = randomBatch(counting(1000), { batchSize: 8, blockSize: 16 }, { seed: 1, step: 3 });
  expect([ids.length, targets.length]).toEqual([128, 128]);
  for (let i = 0; i < 128; i++) {
    expect(targets[i]).toBe(ids[i]! + 1);
    if (i % 16 > 0) expect(ids[i]).toBe(ids[i - 1]! + 1);
  }
});

test('a batch is a pure function of seed, step and micro-batch', () => {
  const span = counting(100_000);
  const shape = { batchSize: 4, blockSize: 8 };
  const batch = (seed: number, step: number, micro?: number) =>
    [...randomBatch(span, shape, { seed, step, ...(micro !== undefined && { micro }) }).ids].join();
  expect(batch(1, 5)).toBe(batch(1, 5));
  expect(batch(1, 5)).toBe(batch(1, 5, 0));
  expect(new Set([batch(1, 5), batch(1, 6), batch(2, 5), batch(1, 5, 1)]).size).toBe(4);
});

test('parts of a batch put together are the batch of one worker with as many rows, in training and evaluation', () => {
  const span = counting(100_000);
  const [whole, part] = [12, 4].map((batchSize) => ({ batchSize, blockSize: 8 }));
  const key = { seed: 3, step: 9, micro: 1 };
  const parts = [0, 1, 2].map((index) => randomBatch(span, part!, { ...key, part: { index, count: 3, whole: 12 } }));
  const all = randomBatch(span, whole!, key);
  expect(parts.flatMap(({ ids }) => [...ids])).toEqual([...all.ids]);
  expect(parts.flatMap(({ targets }) => [...targets])).toEqual([...all.targets]);
  const second = [0, 1, 2].map(
    (index) => [...evaluationBatches(span, part!, 2, 5, { index, count: 3, whole: 12 })][1]!,
  );
  expect(second.flatMap(({ ids }) => [...ids])).toEqual([...[...evaluationBatches(span, whole!, 2, 5)][1]!.ids]);
});

test('the micro-batches of a step put together are the batch of one with as many rows', () => {
  const span = counting(100_000);
  const drawn = (batchSize: number, micro: number) => [
    ...randomBatch(span, { batchSize, blockSize: 8 }, { seed: 3, step: 9, micro }).ids,
  ];
  expect([0, 1, 2].flatMap((micro) => drawn(4, micro))).toEqual(drawn(12, 0));
  expect([0, 1, 2, 3, 4, 5].flatMap((micro) => drawn(2, micro))).toEqual(drawn(12, 0));
});

test('where the workers do not divide a batch, the last parts have fewer rows or none, and the rest counts nowhere', () => {
  const span = counting(100_000);
  const [whole, part] = [6, 4].map((batchSize) => ({ batchSize, blockSize: 8 }));
  const key = { seed: 3, step: 9 };
  const parts = [0, 1, 2].map((index) => randomBatch(span, part!, { ...key, part: { index, count: 3, whole: 6 } }));
  const all = randomBatch(span, whole!, key);
  const filling = new Array(48).fill(-1);
  expect(parts.flatMap(({ targets }) => [...targets])).toEqual([...all.targets, ...filling]);
  expect(parts.flatMap(({ ids }) => [...ids])).toEqual([...all.ids, ...filling.map(() => 0)]);
});

test('every place of the text is drawn about equally often, the first and the last too', () => {
  const span = counting(12); // 9 places for a block of 3
  const drawn = new Array<number>(9).fill(0);
  for (let step = 0; step < 900; step++) {
    const { ids } = randomBatch(span, { batchSize: 10, blockSize: 3 }, { seed: 7, step });
    for (let row = 0; row < 10; row++) drawn[ids[row * 3]!]!++;
  }
  for (const times of drawn) expect(Math.abs(times - 1000)).toBeLessThan(150); // 5 standard deviations
});

test('evaluation draws the same batches each time, and not those of training', () => {
  const span = counting(100_000);
  const shape = { batchSize: 2, blockSize: 4 };
  const first = [...evaluationBatches(span, shape, 3, 1)];
  expect([...evaluationBatches(span, shape, 3, 1)]).toEqual(first);
  expect(first).toHaveLength(3);
  expect(new Set(first.map(({ ids }) => ids.join())).size).toBe(3);
  expect(randomBatch(span, shape, { seed: 1, step: 0 }).ids).not.toEqual(first[0]!.ids);
});

test('windows score every token exactly once, after the token before it', () => {
  const shapes = fc.record({ batchSize: fc.integer({ min: 1, max: 4 }), blockSize: fc.integer({ min: 1, max: 7 }) });
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 60 }), shapes, fc.boolean(), (length, shape, withBefore) => {
      const scored: number[] = [];
      for (const { ids, targets, count } of windows(counting(length), shape, withBefore ? { before: 999 } : {})) {
        expect(ids.length).toBe(shape.batchSize * shape.blockSize);
        let here = 0;
        for (const [i, target] of targets.entries()) {
          const wanted = target === -1 ? 0 : target === 0 ? 999 : target - 1;
          if (ids[i] !== wanted) throw new Error(`id ${ids[i]} before target ${target}`);
          if (target === -1) continue;
          scored.push(target);
          here++;
        }
        expect(here).toBe(count);
        expect(count).toBeGreaterThan(0);
      }
      expect(scored).toEqual(Array.from({ length }, (_, i) => i).slice(withBefore ? 0 : 1));
    }),
  );
});

test('a text too short for one block names the lengths and what to change (litgpt#1450)', async () => {
  const training = await errorOf(() => requireBlock(counting(40), 64));
  expect(training.message).toBe('the training text has 40 tokens; a block of --block-size 64 needs 65');
  expect(training.hint).toBe('--block-size 39 or less, or more text, or a smaller --val-split');
  const validation = await errorOf(() =>
    randomBatch(counting(4, 'validation'), { batchSize: 1, blockSize: 4 }, { seed: 1, step: 1 }),
  );
  expect(validation.message).toMatch('the validation text has 4 tokens; a block of --block-size 4 needs 5');
  expect(validation.hint).toBe(
    '--block-size 3 or less, or more text, a larger --val-split, or --val-split 0 to do without',
  );
  requireBlock(counting(65), 64);
});

test('a tiny text trains with a block that fits, whatever the batch size (litgpt#1450)', () => {
  const { ids } = randomBatch(counting(5), { batchSize: 32, blockSize: 4 }, { seed: 1, step: 1 });
  expect([...new Set(ids)].sort()).toEqual([0, 1, 2, 3]);
});

test('an epoch sees as many tokens as the span has', () => {
  expect(stepsPerEpoch(counting(1000), { batchSize: 4, blockSize: 25 })).toBe(10);
  expect(stepsPerEpoch(counting(1001), { batchSize: 4, blockSize: 25 })).toBe(11);
  expect(stepsPerEpoch(counting(1000), { batchSize: 4, blockSize: 25, gradAccum: 5 })).toBe(2);
  expect(stepsPerEpoch(counting(3), { batchSize: 4, blockSize: 25 })).toBe(1);
});

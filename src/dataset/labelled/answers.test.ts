import fc from 'fast-check';
import { answerLimits, answersOf, countOf } from './answers.js';
import type { Encoded } from './encode.js';
import { EpochBatches, padBatch } from './padded.js';

/** `prompt` tokens without a loss, then `answer` with one. */
const example = (prompt: number, answer: number): Encoded => {
  const ids = Int32Array.from({ length: prompt + answer }, (_, i) => i + 1);
  return { ids, targets: ids.map((id) => (id > prompt ? id + 1 : -1)), label: -1, cut: 'nothing' };
};

test('the places of the targets and the targets, by hand', () => {
  const batch = padBatch([example(1, 2), example(2, 1)], { length: 4, rows: [0, 1] }, 2);
  expect([...batch.targets]).toEqual([-1, 3, 4, -1, -1, -1, 4, -1]);
  const { places, targets } = answersOf(batch, 5);
  expect([...places]).toEqual([1, 2, 6, 0, 0]);
  expect([...targets]).toEqual([3, 4, 4, -1, -1]);
  expect(() => answersOf(batch, 2)).toThrow(RangeError);
});

test('no answer of any batch is left out: the longest program takes every batch', () => {
  const rows = fc.array(fc.tuple(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 8 })), {
    minLength: 1,
    maxLength: 40,
  });
  fc.assert(
    fc.property(rows, fc.integer({ min: 1, max: 5 }), (pairs, batchSize) => {
      const examples = pairs.map(([prompt, answer]) => example(prompt, answer));
      const batches = new EpochBatches(examples, { batchSize, blockSize: 16 }, 3);
      const lengths = [...new Set(Array.from({ length: batches.stepsPerEpoch }, (_, i) => batches.at(i).length))];
      lengths.sort((a, b) => a - b);
      const limit = answerLimits(examples, lengths, batchSize).get(lengths.at(-1)!) ?? Number.POSITIVE_INFINITY;
      for (let at = 0; at < batches.stepsPerEpoch; at++) {
        const count = batches.at(at).rows.reduce((sum, row) => sum + countOf(examples[row]!), 0);
        expect(count).toBeLessThanOrEqual(limit);
      }
    }),
  );
});

test('a length has room for what its batches usually have, not for the rarest', () => {
  // Of 1,000 examples of one length every answer has 4 tokens but for ten of 12.
  const examples = Array.from({ length: 1000 }, (_, i) => (i % 100 === 0 ? example(4, 12) : example(12, 4)));
  const longer = [...examples, example(20, 4)];
  expect(answerLimits(examples, [16], 10)).toEqual(new Map([[16, 120]])); // the longest length: all that can be
  const usual = answerLimits(longer, [16, 24], 10).get(16)!;
  expect(usual).toBeGreaterThanOrEqual(48);
  expect(usual).toBeLessThanOrEqual(56);
});

test('where nearly every token has a loss, nothing is left out', () => {
  const text = Array.from({ length: 20 }, () => example(0, 16));
  expect(answerLimits(text, [16], 4).size).toBe(0);
});

import fc from 'fast-check';
import { isCommon, share, shareArray } from './share.js';
import { inMemoryCluster } from './testing/in-memory.js';

test('any JSON value of worker 0 arrives at every worker', async () => {
  await fc.assert(
    fc.asyncProperty(fc.jsonValue(), fc.integer({ min: 1, max: 4 }), async (value, size) => {
      const { workers } = inMemoryCluster(size);
      const plain = JSON.parse(JSON.stringify(value));
      const got = await Promise.all(workers.map((worker) => share(worker, worker.rank === 0 ? plain : undefined)));
      expect(got).toEqual(Array(size).fill(plain));
    }),
    { numRuns: 30 },
  );
});

test('numbers that JSON has not arrive too', async () => {
  const { workers } = inMemoryCluster(2);
  const value = { loss: Number.NaN, best: [Number.POSITIVE_INFINITY, -1.5] };
  const got = await Promise.all(workers.map((worker) => share(worker, value)));
  expect(got[1]).toEqual(value);
});

test('an array arrives with its very bits: NaN, infinity and minus zero', async () => {
  const { workers } = inMemoryCluster(3);
  const arrays = [
    Float32Array.of(0.1, Number.NaN, -0, Number.NEGATIVE_INFINITY),
    new Float32Array(4),
    new Float32Array(4),
  ];
  arrays[1]!.fill(7);
  await Promise.all(workers.map((worker, i) => shareArray(worker, arrays[i]!)));
  for (const array of arrays) expect(new Int32Array(array.buffer)).toEqual(new Int32Array(arrays[0]!.buffer));
  expect(Object.is(arrays[2]![2], -0)).toBe(true);
});

test('workers find out whether they have the same', async () => {
  const ask = (...hashes: number[]) => {
    const { workers } = inMemoryCluster(hashes.length);
    return Promise.all(workers.map((worker, i) => isCommon(worker, hashes[i]!)));
  };
  expect(await ask(5, 5, 5)).toEqual([true, true, true]);
  expect(await ask(5, 5, 6)).toEqual([false, false, false]);
  expect(await ask(4294967295, 4294967295)).toEqual([true, true]);
});

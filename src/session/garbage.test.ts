import { GarbageCollection } from './garbage.js';

test('arrays without an owner are freed each time that so many bytes were allocated', async () => {
  const garbage = new GarbageCollection(32 * 2 ** 20);
  const before = process.memoryUsage().arrayBuffers;
  let most = 0;
  for (let i = 0; i < 64; i++) {
    const array = new Float32Array(2 ** 20);
    array[0] = i;
    garbage.count(array.byteLength);
    await new Promise((resolve) => setImmediate(resolve));
    most = Math.max(most, process.memoryUsage().arrayBuffers - before);
  }
  expect(most).toBeLessThan(80 * 2 ** 20); // of 256 MB
});

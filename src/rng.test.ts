import { bitsAt, hash32, maskBits, maskThreshold, mix32, permutation, Random, stream } from './rng.js';

/** Standard normal where x and y, each 0 or 1 with probability one half, are independent. */
function correlation(x: Uint8Array, y: Uint8Array): number {
  let agree = 0;
  for (let i = 0; i < x.length; i++) if (x[i] === y[i]) agree++;
  return (2 * agree - x.length) / Math.sqrt(x.length);
}

/** Whether a mask of the model at `step` keeps, for counters from 0 on. */
function mask(step: number, length: number, rate = 0.5): Uint8Array {
  const bits = maskBits(hash32(stream.dropout, 1, 1337, step));
  return Uint8Array.from({ length }, (_, counter) => +(bits(counter) >= maskThreshold(rate)));
}

describe('masks', () => {
  test('are mix32 of a progression, its last fold left out: the upper halves are equal', () => {
    const key = hash32(1, 2, 3);
    const bits = maskBits(key);
    for (const counter of [0, 1, 2, 1000, 2 ** 31, 2 ** 32 - 1]) {
      const whole = mix32(Math.imul(counter, mix32(key) | 1) + key);
      expect(bits(counter) >>> 16).toBe(whole >>> 16);
    }
  });

  test.each([0, 0.001, 0.1, 0.5, 0.9])('drop a share of %p, in every step about as much as chance has it', (rate) => {
    const [steps, length] = [200, 5000];
    const counts = Array.from(
      { length: steps },
      (_, step) => length - mask(step, length, rate).reduce((a, b) => a + b, 0),
    );
    const deviation = Math.sqrt(length * rate * (1 - rate));
    const total = counts.reduce((a, b) => a + b, 0);
    expect(Math.abs(total - steps * length * rate)).toBeLessThanOrEqual(4.5 * deviation * Math.sqrt(steps));
    // The squares of 200 standard normal numbers: 200 on average, standard deviation 20.
    if (rate === 0) return;
    const squares = counts.reduce((sum, count) => sum + ((count - length * rate) / deviation) ** 2, 0);
    expect(Math.abs(squares - steps)).toBeLessThan(100);
  });

  test('have nothing in common with themselves further on, nor with those of other steps', () => {
    const length = 100_000;
    const masks = Array.from({ length: 6 }, (_, step) => mask(step, length));
    const found = masks.flatMap((one, step) => [
      ...[1, 2, 3, 64, 96, 128, 512, 4096].map((lag) => correlation(one.subarray(lag), one.subarray(0, length - lag))),
      ...masks.slice(step + 1).map((other) => correlation(one, other)),
    ]);
    expect(Math.max(...found.map(Math.abs))).toBeLessThan(4.5); // of 63 standard normal numbers
  });
});

test('a generator draws the bits at 0, 1, 2 ... of its key, and a permutation has every number once', () => {
  const [key, random] = [hash32(7, 8), new Random(7, 8)];
  const high = bitsAt(key, 0) >>> 5;
  const low = bitsAt(key, 1) >>> 6;
  expect(random.next()).toBe((high * 2 ** 26 + low) * 2 ** -53);
  expect([...permutation(100, 7)].sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
});

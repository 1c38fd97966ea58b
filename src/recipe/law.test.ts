import { bestPasses, effectiveBytes, expectedBits, relativeLoss } from './law.js';

test('fresh bytes count whole, repeated ones less and less', () => {
  expect(effectiveBytes({ bytes: 500, trainBytes: 1000 })).toBe(500);
  expect(effectiveBytes({ bytes: 1000, trainBytes: 1000 })).toBe(1000);
  const gains = [1, 2, 3, 4, 20, 21].map((passes) => effectiveBytes({ bytes: 1000 * passes, trainBytes: 1000 }));
  expect(gains[1]! - gains[0]!).toBeGreaterThan(gains[3]! - gains[2]!);
  expect(gains[1]! - gains[0]!).toBeLessThan(1000);
  expect(gains[5]! - gains[4]!).toBeLessThan(10);
});

test('the best number of passes has the lowest loss of all', () => {
  for (const [parameters, trainBytes] of [
    [1e5, 2e4],
    [1e6, 1e6],
    [1e7, 1e8],
  ] as const) {
    const loss = (passes: number) => relativeLoss({ parameters, bytes: passes * trainBytes, trainBytes });
    const best = bestPasses(parameters, trainBytes);
    for (let passes = 0.5; passes < 200; passes *= 1.05)
      expect(loss(best)).toBeLessThanOrEqual(loss(passes) * (1 + 1e-9));
  }
});

test('Shakespeare in a minute is expected within 5 % of what was measured', () => {
  // 2 layers of 128, vocabulary 2,048, 1,106 steps of 8 x 128: bench/inputs/recipe-runs.jsonl
  const parameters = 12 * 2 * 128 ** 2 + 0.25 * 2048 * 128;
  const loss = relativeLoss({ parameters, bytes: 3.29e6, trainBytes: 903_468 });
  expect(expectedBits(loss, 2.2146, 'qwen3') / 2.108).toBeCloseTo(1, 1);
  expect(Math.abs(expectedBits(loss, 2.2146, 'gpt2') / 2.187 - 1)).toBeLessThan(0.05);
});

test('no text is expected to need more than 8 bits per byte', () => {
  const loss = relativeLoss({ parameters: 1e5, bytes: 100, trainBytes: 30 });
  expect(expectedBits(loss, 8, 'gpt2')).toBe(8);
});

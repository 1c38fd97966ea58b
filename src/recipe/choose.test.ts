import fc from 'fast-check';
import { chooseRecipe, type Given, type Situation } from './choose.js';
import { flopsPerStep, learningParametersOf, memoryOf, type Shape } from './shapes.js';
import type { TextFacts } from './text-facts.js';

/** As of English. */
const vocabularies = [
  [512, 1.9],
  [1024, 2.4],
  [2048, 2.9],
  [4096, 3.3],
  [8192, 3.6],
  [16384, 3.8],
].map(([vocabSize, bytesPerToken]) => ({ vocabSize: vocabSize!, bytesPerToken: bytesPerToken! }));

const english = (bytes: number): TextFacts => ({
  trainBytes: 0.9 * bytes,
  heldOutBytes: 0.1 * bytes,
  vocabularies,
  difficulty: 2.3,
});

/** A machine of so many operations a second. */
const machine = (speed: number) => (shape: Shape) => 0.002 + flopsPerStep(shape) / speed;

const situation = (changes: Partial<Situation> = {}): Situation => ({
  text: english(1e6),
  seconds: 600,
  secondsPerBatch: machine(1e11),
  memory: 8e9,
  arch: 'qwen3',
  learningRate: 3e-3,
  given: {},
  ...changes,
});

const seconds = fc.double({ min: 1, max: 1e6, noNaN: true });
const bytes = fc.double({ min: 3, max: 10, noNaN: true }).map((exponent) => 10 ** exponent);
const speed = fc.double({ min: 8, max: 14, noNaN: true }).map((exponent) => 10 ** exponent);

test('more time never expects a worse loss', () => {
  fc.assert(
    fc.property(bytes, speed, seconds, seconds, (size, operations, a, b) => {
      const [less, more] = [Math.min(a, b), Math.max(a, b)].map((time) =>
        chooseRecipe(situation({ text: english(size), secondsPerBatch: machine(operations), seconds: time })),
      );
      expect(more!.bitsPerByte).toBeLessThanOrEqual(less!.bitsPerByte);
    }),
    { numRuns: 50 },
  );
});

test('with time for all that a text can teach, a smaller text has no larger model', () => {
  const sizes = [2e3, 2e4, 1e5, 1e6, 1e7, 1e8, 1e9];
  const recipes = sizes.map((size) => chooseRecipe(situation({ text: english(size), seconds: 1e12, memory: 1e15 })));
  const parameters = recipes.map(({ shape }) => learningParametersOf(shape));
  expect(recipes.every(({ limit }) => limit === 'text')).toBe(true);
  expect(parameters).toEqual([...parameters].sort((a, b) => a - b));
  expect(parameters.at(-1)! / parameters[0]!).toBeGreaterThan(50);
});

test('what a person gave is kept', () => {
  const given = fc.record(
    {
      nLayer: fc.integer({ min: 1, max: 12 }),
      nHead: fc.constantFrom(1, 2, 3, 4, 6, 8),
      blockSize: fc.integer({ min: 8, max: 512 }),
      batchSize: fc.integer({ min: 1, max: 64 }),
      gradAccum: fc.integer({ min: 1, max: 4 }),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(given, seconds, (some, time) => {
      const { gradAccum: _, ...kept } = some as Given;
      const { shape } = chooseRecipe(situation({ given: some as Given, seconds: time }));
      expect(shape).toMatchObject(kept);
      expect(shape.nEmbd % shape.nHead).toBe(0);
    }),
    { numRuns: 50 },
  );
});

test('a width that was given has heads that divide it', () => {
  for (const nEmbd of [2, 34, 100, 130, 256, 770]) {
    const { shape } = chooseRecipe(situation({ given: { nEmbd } }));
    expect(shape.nEmbd).toBe(nEmbd);
    expect(nEmbd % shape.nHead).toBe(0);
  }
  const grouped = chooseRecipe(situation({ given: { nKvHead: 2 } }));
  expect(grouped.shape.nHead % 2).toBe(0);
});

test('a context is longer than a window that was given', () => {
  for (const slidingWindow of [1, 16, 64, 300])
    expect(chooseRecipe(situation({ given: { slidingWindow } })).shape.blockSize).toBeGreaterThan(slidingWindow);
});

test('steps take the time that there is, with evaluations', () => {
  fc.assert(
    fc.property(seconds, speed, (time, operations) => {
      const secondsPerBatch = machine(operations);
      const { shape, steps } = chooseRecipe(situation({ seconds: time, secondsPerBatch }));
      if (steps > 1) expect(steps * secondsPerBatch(shape)).toBeLessThanOrEqual(time);
    }),
    { numRuns: 30 },
  );
});

test('steps of a small model that was given are those that the time allows', () => {
  const secondsPerBatch = machine(1e11);
  const small = situation({ text: english(1e10), seconds: 3600, given: { nEmbd: 16, nLayer: 1, nHead: 2 } });
  const { steps, shape, limit, passes } = chooseRecipe(small);
  expect(limit).toBe('time');
  expect((steps * secondsPerBatch(shape)) / 3600).toBeCloseTo(0.94, 2);
  const { bytesPerToken } = vocabularies.find(({ vocabSize }) => vocabSize === shape.vocabSize)!;
  expect(passes).toBeCloseTo((steps * shape.batchSize * shape.blockSize * bytesPerToken) / 9e9, 6);
});

test('a small text with much time ends by its text', () => {
  const { limit, steps, passes, shape } = chooseRecipe(situation({ text: english(20_000), seconds: 86_400 }));
  expect(limit).toBe('text');
  expect(passes).toBeLessThan(100);
  expect(steps * machine(1e11)(shape)).toBeLessThan(600);
});

test('a text that is read often is regularized, one that is read once is not', () => {
  const scheduleOf = (size: number) => chooseRecipe(situation({ text: english(size), seconds: 1800 })).schedule;
  expect(scheduleOf(1e6)).toMatchObject({ dropout: 0.2, weightDecay: 0.5 });
  expect(scheduleOf(1e9)).toMatchObject({ dropout: 0, weightDecay: 0.1 });
});

test('the context fits into the held-out text, whatever its length', () => {
  for (const size of [40, 200, 1000, 5000, 20_000]) {
    const { shape } = chooseRecipe(situation({ text: english(size) }));
    const { bytesPerToken } = vocabularies.find(({ vocabSize }) => vocabSize === shape.vocabSize)!;
    expect(shape.blockSize).toBeGreaterThanOrEqual(1);
    expect((shape.blockSize + 1) * bytesPerToken).toBeLessThanOrEqual(Math.max(0.1 * size, 2 * bytesPerToken));
  }
});

test('a model fits into the memory', () => {
  const text = english(1e9);
  const roomy = chooseRecipe(situation({ text, seconds: 1e6 }));
  const tight = chooseRecipe(situation({ text, seconds: 1e6, memory: 5e8 }));
  expect(memoryOf(roomy.shape)).toBeGreaterThan(5e8);
  expect(memoryOf(tight.shape)).toBeLessThanOrEqual(5e8);
});

test('where there is no time and no memory, the fastest shape makes a step', () => {
  const { steps, shape } = chooseRecipe(situation({ seconds: 1e-6, memory: 0 }));
  expect(steps).toBe(1);
  expect(shape.nEmbd).toBe(64);
});

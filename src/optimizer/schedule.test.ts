import { learningRateAt, type Schedule, stableIters } from './schedule.js';

const schedule = { learningRate: 1, minLearningRate: 0.1, warmupIters: 4, totalIters: 24, decayFraction: 0.25 };
const at = (kind: Schedule['kind'], iter: number) => learningRateAt(iter, { ...schedule, kind });

describe('the learning rate', () => {
  test.each(['cosine', 'linear', 'wsd', 'constant'] as const)(
    '%s warms up linearly and never starts at zero',
    (kind) => {
      expect([0, 1, 2, 3, 4].map((iter) => at(kind, iter))).toEqual([0.2, 0.4, 0.6, 0.8, 1]);
    },
  );

  test('cosine is half-way in the middle and smallest at the end', () => {
    expect(at('cosine', 14)).toBeCloseTo(0.55, 12);
    expect(at('cosine', 9)).toBeCloseTo(0.1 + 0.9 * 0.5 * (1 + Math.SQRT1_2), 12);
    expect(at('cosine', 24)).toBe(0.1);
    expect(at('cosine', 1000)).toBe(0.1);
  });

  test('linear falls by equal steps', () => {
    expect(at('linear', 14)).toBeCloseTo(0.55, 12);
    expect(at('linear', 9) - at('linear', 10)).toBeCloseTo(0.045, 12);
    expect(at('linear', 24)).toBe(0.1);
  });

  test('wsd stays until its last part, which falls by equal steps', () => {
    expect(stableIters(schedule)).toBe(18);
    expect([4, 10, 17, 18].map((iter) => at('wsd', iter))).toEqual([1, 1, 1, 1]);
    expect(at('wsd', 19)).toBeCloseTo(1 - 0.9 / 6, 12);
    expect(at('wsd', 21)).toBeCloseTo(0.55, 12);
    expect(at('wsd', 24)).toBe(0.1);
  });

  test('the stable part of wsd begins after warm-up, and never ends while the length is unknown', () => {
    expect(stableIters({ ...schedule, warmupIters: 20 })).toBe(20);
    expect(stableIters({ ...schedule, warmupIters: 30 })).toBe(24);
    expect(stableIters({ ...schedule, decayFraction: 1 })).toBe(4);
    expect(stableIters({ ...schedule, totalIters: Number.POSITIVE_INFINITY })).toBe(Number.POSITIVE_INFINITY);
    expect(learningRateAt(24, { ...schedule, kind: 'wsd', warmupIters: 30 })).toBeCloseTo(25 / 31, 12);
  });

  test('constant stays after warm-up', () => {
    expect(at('constant', 24)).toBe(1);
    expect(at('constant', 9000)).toBe(1);
  });

  test('without warm-up the first step has the full rate; a run all warm-up is no division by zero', () => {
    expect(learningRateAt(0, { ...schedule, warmupIters: 0, kind: 'cosine' })).toBe(1);
    expect(learningRateAt(4, { ...schedule, totalIters: 4, kind: 'linear' })).toBe(0.1);
  });
});

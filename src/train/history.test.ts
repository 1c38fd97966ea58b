import { emptyHistory, pushEvaluation, pushLoss, trainingCurve } from './history.js';

const losses = (count: number) => Array.from({ length: count }, (_, i) => i + 1);

test('a short run keeps each loss', () => {
  const history = losses(3).reduce(pushLoss, emptyHistory);
  expect(trainingCurve(history)).toEqual([
    { iter: 1, loss: 1 },
    { iter: 2, loss: 2 },
    { iter: 3, loss: 3 },
  ]);
});

test('a long run keeps means over wider and wider stretches, in bounded memory', () => {
  const history = losses(10_001).reduce(pushLoss, emptyHistory);
  const curve = trainingCurve(history);
  expect(curve.length).toBeLessThan(512);
  expect(history.width).toBe(32);
  expect(curve[0]).toEqual({ iter: 32, loss: 16.5 });
  expect(curve.at(-1)).toEqual({ iter: 10_001, loss: (9985 + 10_001) / 2 });
  const weighted = curve.map(({ iter, loss }, i) => loss * (iter - (curve[i - 1]?.iter ?? 0)));
  expect(weighted.reduce((a, b) => a + b)).toBe((10_001 * 10_002) / 2);
});

test('many evaluations are thinned out, and the newest one stays', () => {
  const history = losses(5000).reduce((h, iter) => pushEvaluation(h, { iter, trainLoss: 1, valLoss: 1 }), emptyHistory);
  expect(history.evaluations.length).toBeLessThan(512);
  expect(history.evaluations.at(-1)!.iter).toBe(5000);
});

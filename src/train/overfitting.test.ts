import { OverfittingWatch } from './overfitting.js';

/** Validation and training losses, an evaluation every 10 steps. */
function watched(losses: readonly (readonly [number, number])[], watch = new OverfittingWatch(null)) {
  return losses.map(([valLoss, trainLoss], i) => watch.add({ iter: 10 * (i + 1), valLoss, trainLoss }));
}

test('three rises in a row while the training loss falls are overfitting, reported once', () => {
  const found = watched([
    [4, 3.9],
    [3.5, 3.2],
    [3.6, 2.9],
    [3.8, 2.5],
    [4, 2],
    [4.3, 1.5],
  ]);
  expect(found.map(Boolean)).toEqual([false, false, false, false, true, false]);
  expect(found[4]).toEqual({
    best: { iter: 20, valLoss: 3.5, trainLoss: 3.2 },
    now: { iter: 50, valLoss: 4, trainLoss: 2 },
  });
});

test.each([
  [
    'noise',
    [
      [4, 3.9],
      [4.1, 3.8],
      [4, 3.7],
      [4.1, 3.6],
      [4.05, 3.5],
      [4.1, 3.4],
    ],
  ],
  [
    'a rise that is too small',
    [
      [4, 3.9],
      [4.01, 3.8],
      [4.02, 3.7],
      [4.03, 3.6],
    ],
  ],
  [
    'a training loss that rises too',
    [
      [4, 3.9],
      [4.2, 4],
      [4.4, 4.2],
      [4.6, 4.4],
    ],
  ],
  [
    'NaN',
    [
      [4, 3.9],
      [Number.NaN, 3],
      [Number.NaN, 2],
      [Number.NaN, 1],
    ],
  ],
] as const)('%s is not', (_, losses) => {
  expect(watched(losses).some(Boolean)).toBe(false);
});

test('a resumed run is compared with its best evaluation', () => {
  const watch = new OverfittingWatch({ iter: 100, valLoss: 3, trainLoss: 2.9 });
  expect(
    watched(
      [
        [3.1, 2.5],
        [3.2, 2.4],
        [3.3, 2.3],
      ],
      watch,
    ).map(Boolean),
  ).toEqual([false, false, true]);
});

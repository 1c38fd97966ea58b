import { sgd } from '../../optimizer/testing/sgd.js';
import { togetherIn } from './together.js';

const options = { momentum: 0.9, weightDecay: 0.1, gradClip: 0 };
const partsOf = (shapes: number[][]) => {
  const arrays = shapes.map((shape, i) => ({ name: `x${i}`, shape, decay: true }));
  return togetherIn({ rule: sgd.ruleFor(), arrays }, options);
};

test('arrays of one shape are updated together, under their places', () => {
  const parts = partsOf([[3, 4], [5], [3, 4], [4, 3]]);
  expect(parts.map(({ arrays }) => arrays.map(({ name }) => name))).toEqual([['x0', 'x2'], ['x1'], ['x3']]);
  expect(parts[0]!.group.arrays.map(({ name, shape }) => [name, shape])).toEqual([
    ['0', [3, 4]],
    ['1', [3, 4]],
  ]);
});

test('at most 2^20 numbers are, or a single array; parts alike share one update', () => {
  const parts = partsOf([...Array(5).fill([512, 1024]), [2048, 1024]]);
  expect(parts.map(({ arrays }) => arrays.length)).toEqual([2, 2, 1, 1]);
  expect(new Set(parts.map(({ key }) => key)).size).toBe(3);
  expect(parts[0]!.key).toBe(parts[1]!.key);
});

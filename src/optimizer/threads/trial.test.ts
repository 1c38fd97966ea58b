import { Trial } from './trial.js';

let clock = 0;
beforeEach(() => {
  clock = 0;
  jest.spyOn(performance, 'now').mockImplementation(() => clock);
});
afterEach(() => jest.restoreAllMocks());

/** Which way each of so many runs went, when the ways take these times. */
function waysTaken(count: number, first: readonly number[], second: readonly number[]): string {
  const trial = new Trial();
  const left = [[...first], [...second]] as [number[], number[]];
  const take = (way: 0 | 1) => () => {
    clock += left[way].shift() ?? 0;
    return way;
  };
  return Array.from({ length: count }, () => trial.run(take(0), take(1))).join('');
}

test('both ways are taken in turns, then the faster one', () => {
  expect(waysTaken(12, [9, 5, 5, 5], [9, 3, 3, 3])).toBe('010101011111');
  expect(waysTaken(12, [9, 3, 3, 3], [9, 5, 5, 5])).toBe('010101010000');
});

test('the first run does not count, nor does one that was held up', () => {
  expect(waysTaken(10, [1, 5, 5, 5], [50, 99, 3, 99])).toBe('0101010111');
});

test('a way that saves next to nothing is not taken', () => {
  expect(waysTaken(10, [9, 5, 5, 5], [9, 4.9, 4.9, 4.9])).toBe('0101010100');
});

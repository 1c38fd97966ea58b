import { count, loss, rate, short, table, time } from './format.js';

test.each([
  [0, '0.0s'],
  [8.44, '8.4s'],
  [9.97, '10s'],
  [59.4, '59s'],
  [59.6, '1m 00s'],
  [125, '2m 05s'],
  [3599.7, '1h 00m'],
  [3720, '1h 02m'],
  [86399, '1d 00h'],
  [270000, '3d 03h'],
  [Number.NaN, '?'],
  [-1, '?'],
])('%d seconds are %s', (seconds, text) => {
  expect(time(seconds)).toBe(text);
});

test.each([
  [0, '0'],
  [65, '65'],
  [999, '999'],
  [999.6, '1.00k'],
  [9100, '9.10k'],
  [809856, '0.810M'],
  [1.6e9, '1.60B'],
])('%d is %s for short', (n, text) => {
  expect(short(n)).toBe(text);
});

test('numbers are grouped, losses have four decimals, rates three digits', () => {
  expect([count(809856), loss(1.88), loss(Number.NaN), rate(0.000953), rate(0)]).toEqual([
    '809,856',
    '1.8800',
    'NaN',
    '9.53e-4',
    '0',
  ]);
});

test('a table aligns its columns', () => {
  expect(
    table(
      [
        ['a', '1', 'x'],
        ['bbb', '22', ''],
      ],
      [1],
    ),
  ).toEqual(['a     1  x', 'bbb  22']);
});

import { plot } from './plot.js';

const size = { width: 30, height: 4 };
const line = (n: number, y: (i: number) => number) =>
  Array.from({ length: n }, (_, i) => [i, y(i)] as [number, number]);

test('a falling line goes from the upper left to the lower right', () => {
  expect(plot([{ points: line(100, (i) => 4 - i / 33) }], size)).toEqual([
    '4.00 ┤⠉⠒⠢⠤⢄⡀', // two dots a step to the right, one down for three
    '     ┤     ⠈⠉⠑⠒⠤⢄⣀',
    '     ┤            ⠉⠑⠒⠤⢄⣀⡀',
    '1.00 ┤                  ⠈⠑⠒⠢⠤⣀',
    '      0                     99',
  ]);
});

test('every line fits the width', () => {
  for (const width of [10, 30, 72]) {
    const lines = plot([{ points: line(500, (i) => Math.sin(i / 20) * 1e4) }], { width, height: 5 });
    expect(lines).toHaveLength(6);
    for (const text of lines) expect(text.length).toBeLessThanOrEqual(Math.max(width, 13));
  }
});

test('one point, equal values and two series are drawn', () => {
  expect(plot([{ points: [[5, 2]] }], size).join('')).toMatch(/[\u2801-\u28ff]/);
  expect(plot([{ points: line(9, () => 3) }], size).join('')).toMatch(/[\u2801-\u28ff]/);
  const painted = plot(
    [{ points: line(9, () => 3) }, { points: line(9, () => 1), paint: (text) => `<${text}>` }],
    size,
  );
  expect(painted[0]).toMatch(/^3\.00 ┤[\u2801-\u28ff]+$/);
  expect(painted[3]).toMatch(/^1\.00 ┤<[\u2801-\u28ff]+>$/);
});

test('values that are not finite are skipped, and without finite ones there is no chart', () => {
  expect(
    plot(
      [
        {
          points: [
            [0, Number.NaN],
            [1, Infinity],
          ],
        },
      ],
      size,
    ),
  ).toEqual([]);
  expect(plot([], size)).toEqual([]);
  const lines = plot(
    [
      {
        points: [
          [0, 1],
          [1, Number.NaN],
          [2, 3],
        ],
      },
    ],
    size,
  );
  expect(lines[0]).toMatch(/^3\.00/);
  expect(lines[3]).toMatch(/^1\.00/);
});

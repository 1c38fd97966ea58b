import { readFileSync } from 'node:fs';
import { Random } from '../rng.js';
import { type Matrix, singularValues } from './lanczos.js';
import { largestEigenvalues } from './tridiagonal.js';

interface Golden {
  readonly rows: number;
  readonly columns: number;
  readonly seed: number;
  readonly singularValues: readonly number[];
}

const goldens: readonly Golden[] = JSON.parse(readFileSync('test/goldens/spectra.json', 'utf8'));

const matrixOf = (rows: number, columns: number, valueAt: (at: number) => number): Matrix => ({
  rows,
  columns,
  data: Float32Array.from({ length: rows * columns }, (_, at) => valueAt(at)),
});

const options = { count: 8, steps: 96 };

test.each(goldens)("$rows x $columns: numpy's singular values", ({ rows, columns, seed, singularValues: expected }) => {
  const found = singularValues(
    matrixOf(rows, columns, (at) => Math.sin(at * at * 0.37 + seed)),
    options,
  );
  expect(found).toHaveLength(expected.length);
  const scale = Math.max(expected[0]!, 1e-6);
  for (const [i, value] of found.entries()) {
    expect(Math.abs(value - expected[i]!) / scale).toBeLessThan(i === 0 ? 1e-6 : 1e-3);
  }
});

test('equal singular values are found as often as they are there', () => {
  const diagonal = (values: readonly number[]) => {
    const n = values.length;
    return matrixOf(n, n, (at) => (at % (n + 1) === 0 ? values[at / (n + 1)]! : 0));
  };
  expect(singularValues(diagonal([1, 1, 1, 1]), options)).toEqual([1, 1, 1, 1].map((one) => expect.closeTo(one, 9)));
  const twice = singularValues(diagonal([...new Array(60).fill(1), 3, 3]), { count: 3, steps: 96 });
  expect(twice).toEqual([expect.closeTo(3, 6), expect.closeTo(3, 6), expect.closeTo(1, 6)]);
});

test('of a product of a column and a row only one is not zero: the product of their lengths', () => {
  const found = singularValues(
    matrixOf(40, 30, (at) => (1 + Math.floor(at / 30)) * (at % 30 === 4 ? 2 : 0)),
    options,
  );
  expect(found[0]).toBeCloseTo(2 * Math.sqrt((40 * 41 * 81) / 6), 3);
  for (const value of found.slice(1)) expect(value).toBeLessThan(1e-3);
});

test('a zero matrix and an empty one', () => {
  expect(
    singularValues(
      matrixOf(3, 4, () => 0),
      options,
    ),
  ).toEqual([0, 0, 0]);
  expect(
    singularValues(
      matrixOf(0, 4, () => 0),
      options,
    ),
  ).toEqual([]);
});

test('a large random matrix: the edge of its spectrum (Marchenko and Pastur 1967)', () => {
  const random = new Random(5);
  const [rows, columns] = [600, 300];
  const [largest, ...others] = singularValues(
    matrixOf(rows, columns, () => random.normal()),
    options,
  );
  const edge = Math.sqrt(rows) + Math.sqrt(columns);
  expect(largest! / edge).toBeGreaterThan(0.95);
  expect(largest! / edge).toBeLessThan(1.02);
  for (const value of others) expect(value / edge).toBeGreaterThan(0.9);
});

test('eigenvalues worked by hand: 2 - 2 cos(k pi / (n + 1)) of the second difference', () => {
  const n = 7;
  const found = largestEigenvalues(new Array(n).fill(2), new Array(n - 1).fill(-1), 3);
  expect(found).toEqual([7, 6, 5].map((k) => expect.closeTo(2 - 2 * Math.cos((k * Math.PI) / (n + 1)), 12)));
});

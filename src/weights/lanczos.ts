// The largest singular values of a matrix, by the Lanczos method on A^T A with full reorthogonalization (Lanczos 1950; Golub and
// Van Loan, "Matrix Computations", chapter 10). A step reads the matrix once.
import { Random } from '../rng.js';
import { largestEigenvalues } from './tridiagonal.js';

/** Row-major. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly data: Float32Array;
}

export interface SingularValueOptions {
  /** How many; fewer where the matrix is smaller. */
  readonly count: number;
  /** Steps at most. */
  readonly steps: number;
}

/** Steps between two looks at the values. */
const stride = 4;
/** The largest value has this relative accuracy, the others `looser`, unless `steps` ended it. */
const tight = 1e-7;
const looser = 1e-4;

/** In descending order, as float64. Of a matrix that is smaller than `steps` on a side they are exact to rounding. */
export function singularValues(matrix: Matrix, { count, steps }: SingularValueOptions): number[] {
  const { rows, columns } = matrix;
  const full = Math.min(rows, columns);
  const wanted = Math.min(count, full);
  if (wanted === 0) return [];
  const random = new Random(columns, rows);
  const basis: Float64Array[] = [];
  const diagonal: number[] = [];
  const beside: number[] = [];
  let next = orthonormal(drawn(columns, random), basis)!;
  let before: number[] = [];
  for (let step = 1; step <= Math.min(steps, columns); step++) {
    basis.push(next);
    const image = gramTimes(matrix, next);
    diagonal.push(dot(image, next));
    const rest = orthogonal(image, basis);
    const length = Math.sqrt(dot(rest, rest));
    if (step % stride === 0 || step >= full) {
      const values = largestEigenvalues(diagonal, beside, wanted);
      if (step >= wanted + stride && settled(values, before)) break;
      before = values;
    }
    if (step === columns) break;
    // Where the space is invariant, such as that of equal singular values, another direction is tried.
    const invariant = length <= 1e-10 * Math.max(...diagonal);
    const unit = invariant ? orthonormal(drawn(columns, random), basis) : rest.map((value) => value / length);
    if (!unit) break;
    beside.push(invariant ? 0 : length);
    next = unit;
  }
  const values = largestEigenvalues(diagonal, beside.slice(0, diagonal.length - 1), wanted);
  return values.map((value) => Math.sqrt(Math.max(0, value)));
}

const settled = (values: readonly number[], before: readonly number[]) =>
  before.length === values.length &&
  values.every((value, i) => value - before[i]! <= (i === 0 ? tight : looser) * value);

const drawn = (length: number, random: Random) => Float64Array.from({ length }, () => random.normal());

/** A^T A v, row by row. */
function gramTimes({ rows, columns, data }: Matrix, v: Float64Array): Float64Array {
  const image = new Float64Array(columns);
  for (let row = 0, at = 0; row < rows; row++, at += columns) {
    let a = 0;
    let b = 0;
    let i = 0;
    for (; i + 1 < columns; i += 2) {
      a += data[at + i]! * v[i]!;
      b += data[at + i + 1]! * v[i + 1]!;
    }
    if (i < columns) a += data[at + i]! * v[i]!;
    const product = a + b;
    for (i = 0; i < columns; i++) image[i]! += product * data[at + i]!;
  }
  return image;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

/** Without its parts along the basis; twice is enough (Kahan and Parlett). */
function orthogonal(vector: Float64Array, basis: readonly Float64Array[]): Float64Array {
  const rest = vector.slice();
  for (let round = 0; round < 2; round++) {
    for (const unit of basis) {
      const part = dot(rest, unit);
      for (let i = 0; i < rest.length; i++) rest[i]! -= part * unit[i]!;
    }
  }
  return rest;
}

/** Undefined where the basis spans everything. */
function orthonormal(vector: Float64Array, basis: readonly Float64Array[]): Float64Array | undefined {
  const rest = orthogonal(vector, basis);
  const length = Math.sqrt(dot(rest, rest));
  return length <= 1e-8 * Math.sqrt(dot(vector, vector)) ? undefined : rest.map((value) => value / length);
}

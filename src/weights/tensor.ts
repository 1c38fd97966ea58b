// What one tensor looks like: norm, spectrum, units that do nothing. Knows no files.
import type { ParameterSpec } from '../model/config.js';
import { singularValues } from './lanczos.js';

export interface TensorReport {
  readonly name: string;
  readonly shape: readonly number[];
  /** Of a matrix: which axis counts the outputs. */
  readonly outputAxis: 0 | 1;
  /** Frobenius norm; of a vector its length. */
  readonly norm: number;
  /** Root of the mean square. */
  readonly rms: number;
  /** Of absolute values. */
  readonly largest: number;
  /** NaN and infinities. The other numbers are NaN where there are some. */
  readonly nonFinite: number;
  /** Of a matrix. */
  readonly spectrum?: Spectrum;
}

export interface Spectrum {
  /** The largest, in descending order: the first within 1e-6, the others within 1e-3 of the largest in the worst case. */
  readonly singularValues: readonly number[];
  /** norm^2 / (largest singular value)^2, between 1 and the rank (Rudelson and Vershynin 2007). */
  readonly stableRank: number;
  /** Inputs that are ignored, and outputs that are always zero but for a bias: see `deadUnits`. */
  readonly deadInputs: number;
  readonly deadOutputs: number;
}

/** Singular values of each matrix. */
const listed = 8;
const mostSteps = 96;

export function describeTensor({ name, shape, outputAxis = 1 }: ParameterSpec, data: Float32Array): TensorReport {
  let squares = 0;
  let largest = 0;
  let nonFinite = 0;
  for (let i = 0; i < data.length; i++) {
    const value = data[i]!;
    squares += value * value;
    const size = Math.abs(value);
    if (size > largest) largest = size;
    if (!Number.isFinite(value)) nonFinite++;
  }
  const broken = nonFinite > 0;
  const norm = broken ? Number.NaN : Math.sqrt(squares);
  const facts = {
    name,
    shape,
    outputAxis,
    norm,
    rms: norm / Math.sqrt(Math.max(1, data.length)),
    largest: broken ? Number.NaN : largest,
    nonFinite,
  };
  const [rows, columns] = shape;
  if (shape.length !== 2 || broken) return facts;
  const values = singularValues({ rows: rows!, columns: columns!, data }, { count: listed, steps: mostSteps });
  const dead = deadUnits(data, rows!, columns!);
  const stableRank = values[0]! > 0 ? (norm / values[0]!) ** 2 : 0;
  const [deadInputs, deadOutputs] = outputAxis === 1 ? [dead.rows, dead.columns] : [dead.columns, dead.rows];
  return { ...facts, spectrum: { singularValues: values, stableRank, deadInputs, deadOutputs } };
}

/** A unit is dead whose weights have a norm below this part of the median unit's. */
const deadBelow = 0.01;

/**
 * Units by their weights: an output with (almost) no incoming weights, an input with (almost) no outgoing ones. A neuron of an MLP
 * is dead if it is a dead output of the matrix before it or a dead input of the one after it. Weight decay brings the weights of a
 * unit that gets no gradient there.
 * @param data [rows, columns]
 */
export function deadUnits(data: Float32Array, rows: number, columns: number): { rows: number; columns: number } {
  const ofRows = new Float64Array(rows);
  const ofColumns = new Float64Array(columns);
  for (let row = 0, at = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++, at++) {
      const square = data[at]! ** 2;
      ofRows[row]! += square;
      ofColumns[column]! += square;
    }
  }
  return { rows: countDead(ofRows), columns: countDead(ofColumns) };
}

/** Those of a squared norm below that of the dead; all, where the median is 0. */
function countDead(squares: Float64Array): number {
  const median = squares.slice().sort()[squares.length >> 1] ?? 0;
  const limit = median * deadBelow ** 2;
  return squares.reduce((count, square) => count + (square < limit || square === 0 ? 1 : 0), 0);
}

// Rotary position embedding (Su et al. 2021, arXiv:2104.09864) in the half-split convention of Llama: element d of a
// head turns with element d + D/2, by position * theta^(-2d/D).
//
//   Rope  x [N, W], cos [R, D/2], sin [R, D/2]  -> [N, W]    { heads }
//
// R is T (the tables repeat for each example) or N. The first `heads` heads of a row turn, those of q and k; what follows, v,
// stays. The gradient is the turn back.
import * as tf from '../tf.js';
import { composite } from '../trace/composite.js';
import { check } from './check.js';
import { differentiable } from './differentiable.js';

type Tensor = tf.Tensor;

export interface RopeTables {
  readonly cos: Tensor;
  readonly sin: Tensor;
}

/** Radians a position. */
export type Frequencies = number | readonly number[] | ((position: number) => readonly number[]);

/**
 * cos and sin of every position's angles.
 * @param positions how many, from 0
 * @param width D, a head's width, even
 * @param frequencies [D/2], radians a position; a number: theta of the usual ones, theta^(-2d/D); a function: those of a position
 * @param amplitude what both are multiplied with
 * @returns two [positions, D/2]
 */
export function ropeTables(
  positions: number,
  width: number,
  frequencies: Frequencies = 10000,
  amplitude = 1,
): RopeTables {
  if (width % 2 !== 0) throw new Error(`ropeTables: the head width must be even, is ${width}`);
  const half = width / 2;
  const given =
    typeof frequencies === 'number' ? Array.from({ length: half }, (_, d) => frequencies ** (-d / half)) : frequencies;
  const of = typeof given === 'function' ? given : () => given;
  const [cos, sin] = [new Float32Array(positions * half), new Float32Array(positions * half)];
  for (let position = 0; position < positions; position++) {
    for (const [d, frequency] of of(position).entries()) {
      cos[position * half + d] = amplitude * Math.cos(position * frequency);
      sin[position * half + d] = amplitude * Math.sin(position * frequency);
    }
  }
  return { cos: tf.tensor2d(cos, [positions, half]), sin: tf.tensor2d(sin, [positions, half]) };
}

/** How many positions behind the end of a context have rows in its tables, for a window that slides. */
export const positionsBeyond = (room: number): number => Math.min(room, 1024);

export interface RopeShape {
  readonly time: number;
  /** The longest context. */
  readonly room: number;
  /** D */
  readonly width: number;
  /** What turned heads are multiplied with; default 1. */
  readonly amplitude?: number;
}

/**
 * The rows for a text of T positions, or for tokens that stand at these positions.
 * @param positions int32 [N], each below room + positionsBeyond(room); default 0..T-1
 */
export function ropeTablesAt(
  { time, room, width, amplitude = 1 }: RopeShape,
  positions: Tensor | undefined,
  frequencies?: Frequencies,
): RopeTables {
  if (time > room) throw new Error(`rope: ${time} tokens are longer than the block size ${room}`);
  if (!positions) return ropeTables(time, width, frequencies, amplitude);
  const { cos, sin } = ropeTables(room + positionsBeyond(room), width, frequencies, amplitude);
  return { cos: tf.gather(cos, positions as tf.Tensor1D), sin: tf.gather(sin, positions as tf.Tensor1D) };
}

export function ropePlain(heads: number, x: Tensor, cos: Tensor, sin: Tensor): Tensor[] {
  const [rows, columns] = x.shape as [number, number];
  const [repeat, half] = cos.shape as [number, number];
  const width = heads * 2 * half;
  const [turning, staying] = width === columns ? [x] : tf.split(x, [width, columns - width], 1);
  const [low, high] = tf.split(tf.reshape(turning!, [rows / repeat, repeat, heads, 2 * half]), 2, 3);
  const c = tf.reshape(cos, [repeat, 1, half]);
  const s = tf.reshape(sin, [repeat, 1, half]);
  const turned = [tf.sub(tf.mul(low!, c), tf.mul(high!, s)), tf.add(tf.mul(high!, c), tf.mul(low!, s))];
  const flat = tf.reshape(tf.concat(turned, 3), [rows, width]);
  return [staying ? tf.concat([flat, staying], 1) : flat];
}

/**
 * Turns the first heads of each row by their positions.
 * @param x [N, W], rows of q, k and what follows
 * @param tables rows for the T positions of each example, or one row for each of the N
 * @param heads how many heads turn, those of q and of k
 * @returns [N, W]
 */
export function rope(x: Tensor, tables: RopeTables, heads: number): Tensor {
  const { cos, sin } = tables;
  check('rope: x', x, [undefined, undefined]);
  const [rows, columns] = x.shape as [number, number];
  const half = cos.shape[1]!;
  if (2 * half * heads > columns)
    throw new Error(`rope: ${heads} heads of ${2 * half} do not fit into ${columns} columns`);
  check('rope: sin', sin, cos.shape);
  if (rows % cos.shape[0]! !== 0) throw new Error(`rope: ${rows} rows do not repeat a table of ${cos.shape[0]}`);
  const turn = (y: Tensor, c: Tensor, s: Tensor) =>
    composite('Rope', [y, c, s], { heads }, (a, b, d) => ropePlain(heads, a!, b!, d!));
  return differentiable(
    [x],
    () => ({ value: turn(x, cos, sin)[0]!, saved: [cos, sin] }),
    (dy, [c, s]) => turn(dy, c!, tf.neg(s!)),
  );
}

// Rotary position embedding (Su et al. 2021, arXiv:2104.09864) in the half-split convention of Llama: element d of a
// head turns with element d + D/2, by position * theta^(-2d/D).
//
//   Rope  qkv [N, 3C], cos [R, D/2], sin [R, D/2]  -> [N, 3C]    { heads }
//
// R is T (the tables repeat for each example) or N. q and k turn, v stays. The gradient is the turn back.
import * as tf from '../tf.js';
import { composite } from '../trace/composite.js';
import { check } from './check.js';
import { differentiable } from './differentiable.js';

type Tensor = tf.Tensor;

export interface RopeTables {
  readonly cos: Tensor;
  readonly sin: Tensor;
}

/**
 * cos and sin of every position's angles.
 * @param positions how many, from 0
 * @param width D, a head's width, even
 * @returns two [positions, D/2]
 */
export function ropeTables(positions: number, width: number, theta = 10000): RopeTables {
  if (width % 2 !== 0) throw new Error(`ropeTables: the head width must be even, is ${width}`);
  const half = width / 2;
  const table = (turn: (angle: number) => number) =>
    tf.tensor2d(
      Float32Array.from({ length: positions * half }, (_, i) =>
        turn(Math.floor(i / half) * theta ** (-(i % half) / half)),
      ),
      [positions, half],
    );
  return { cos: table(Math.cos), sin: table(Math.sin) };
}

export function ropePlain(heads: number, qkv: Tensor, cos: Tensor, sin: Tensor): Tensor[] {
  const [rows, columns] = qkv.shape as [number, number];
  const [repeat, half] = cos.shape as [number, number];
  const width = (2 * columns) / 3;
  const [queryKey, value] = tf.split(qkv, [width, columns - width], 1);
  const [low, high] = tf.split(tf.reshape(queryKey!, [rows / repeat, repeat, 2 * heads, 2 * half]), 2, 3);
  const c = tf.reshape(cos, [repeat, 1, half]);
  const s = tf.reshape(sin, [repeat, 1, half]);
  const turned = [tf.sub(tf.mul(low!, c), tf.mul(high!, s)), tf.add(tf.mul(high!, c), tf.mul(low!, s))];
  return [tf.concat([tf.reshape(tf.concat(turned, 3), [rows, width]), value!], 1)];
}

/**
 * Turns q and k by their positions.
 * @param qkv [N, 3C]
 * @param tables rows for the T positions of each example, or one row for each of the N
 * @returns [N, 3C]
 */
export function rope(qkv: Tensor, tables: RopeTables, heads: number): Tensor {
  const { cos, sin } = tables;
  const [rows, columns] = qkv.shape as [number, number];
  check('rope: qkv', qkv, [undefined, undefined]);
  check('rope: cos', cos, [undefined, columns / 6 / heads]);
  check('rope: sin', sin, cos.shape);
  if (rows % cos.shape[0]! !== 0) throw new Error(`rope: ${rows} rows do not repeat a table of ${cos.shape[0]}`);
  const turn = (x: Tensor, c: Tensor, s: Tensor) =>
    composite('Rope', [x, c, s], { heads }, (a, b, d) => ropePlain(heads, a!, b!, d!));
  return differentiable(
    [qkv],
    () => ({ value: turn(qkv, cos, sin)[0]!, saved: [cos, sin] }),
    (dy, [c, s]) => turn(dy, c!, tf.neg(s!)),
  );
}

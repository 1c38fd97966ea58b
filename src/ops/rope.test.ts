import * as tf from '../tf.js';
import { rope, ropePlain, ropeTables, ropeTablesAt } from './rope.js';
import { difference, expectGradients, leavingNothing, normal } from './testing/gradients.js';

describe('rope', () => {
  test(
    'worked by hand: a head of width 2 turns by one radian a position',
    leavingNothing(() => {
      const rows = [0, 1, 2].map(() => [1, 0, 0, 1, 7, 8]); // q = (1, 0), k = (0, 1), v = (7, 8)
      const y = rope(tf.tensor2d(rows), ropeTables(3, 2), 2);
      const expected = [0, 1, 2].map((t) => [Math.cos(t), Math.sin(t), -Math.sin(t), Math.cos(t), 7, 8]);
      expect(difference(y, tf.tensor2d(expected))).toBeLessThan(1e-6);
    }),
  );

  test(
    'element d turns with element d + D/2, by theta^(-2d/D)',
    leavingNothing(() => {
      const { cos, sin } = ropeTables(2, 4);
      expect(difference(cos, tf.tensor2d([1, 1, Math.cos(1), Math.cos(0.01)], [2, 2]))).toBeLessThan(1e-6);
      const y = rope(tf.tensor2d([[1, 2, 3, 4, 0, 0, 0, 0, 0, 0, 0, 0]]), { cos: cos.slice(1), sin: sin.slice(1) }, 2);
      const [a, b] = [1, 0.01];
      const q = [
        Math.cos(a) - 3 * Math.sin(a),
        2 * Math.cos(b) - 4 * Math.sin(b),
        3 * Math.cos(a) + Math.sin(a),
        4 * Math.cos(b) + 2 * Math.sin(b),
      ];
      expect(difference(y.slice([0, 0], [1, 4]), tf.tensor2d([q]))).toBeLessThan(1e-6);
    }),
  );

  test(
    'q k depends on the distance alone',
    leavingNothing(() => {
      const tables = ropeTables(8, 4);
      const row = normal([1, 12], 1);
      const y = rope(tf.tile(row, [8, 1]), tables, 2).arraySync() as number[][];
      const dot = (t: number, s: number) => [0, 1, 2, 3].reduce((sum, d) => sum + y[t]![d]! * y[s]![4 + d]!, 0);
      expect(dot(5, 2)).toBeCloseTo(dot(7, 4), 5);
      expect(dot(5, 2)).not.toBeCloseTo(dot(5, 3), 2);
    }),
  );

  test(
    'its gradient agrees with autodiff and finite differences; a table of T rows repeats for each example',
    leavingNothing(() => {
      const { cos, sin } = ropeTables(3, 4);
      const x = normal([6, 24], 2);
      expectGradients(
        (a) => rope(a, { cos, sin }, 4),
        (a) => ropePlain(4, a, cos, sin)[0]!,
        [x],
      );
      const twice = { cos: tf.concat([cos, cos]), sin: tf.concat([sin, sin]) };
      expect(difference(rope(x, twice, 4), rope(x, { cos, sin }, 4))).toBe(0);
    }),
  );

  test(
    'frequencies of each position, and an amplitude',
    leavingNothing(() => {
      const positions = tf.tensor1d([3, 1], 'int32');
      const shape = { time: 2, room: 4, width: 2, amplitude: 1.5 };
      const { cos, sin } = ropeTablesAt(shape, positions, (position) => [1 / (position + 1)]);
      expect(difference(cos, tf.tensor2d([1.5 * Math.cos(3 / 4), 1.5 * Math.cos(1 / 2)], [2, 1]))).toBeLessThan(1e-6);
      expect(difference(sin, tf.tensor2d([1.5 * Math.sin(3 / 4), 1.5 * Math.sin(1 / 2)], [2, 1]))).toBeLessThan(1e-6);
    }),
  );

  test('an odd head width is an error', () => {
    expect(() => ropeTables(2, 3)).toThrow('the head width must be even, is 3');
  });
});

import * as tf from '../tf.js';
import { causalAttention, causalAttentionPlain, wholeAttention } from './causal-attention.js';
import { difference, expectGradients, leavingNothing, normal } from './testing/gradients.js';

const shape = { batch: 2, time: 3, heads: 2 };

describe('causalAttention', () => {
  test(
    'worked by hand: one head of width 1, two positions',
    leavingNothing(() => {
      // q = [_, 1], k = [0, ln 3], v = [10, 20]: the second row weighs 1 : 3.
      const qkv = tf.tensor2d([
        [5, 0, 10],
        [1, Math.log(3), 20],
      ]);
      const [y, probs] = causalAttentionPlain({ batch: 1, time: 2, heads: 1 }, qkv);
      expect(difference(y!, tf.tensor2d([[10], [17.5]]))).toBeLessThan(1e-6);
      expect(difference(probs!, tf.tensor4d([1, 0, 0.25, 0.75], [1, 1, 2, 2]))).toBeLessThan(1e-6);
    }),
  );

  test(
    'scores are divided by the square root of the head width',
    leavingNothing(() => {
      // Width 4, q k = 2 ln 3 for the second key: divided by 2 that is ln 3.
      const s = 2 * Math.log(3);
      const qkv = tf.tensor2d([
        [0, 0, 0, 0, 0, 0, 0, 0, 10, 0, 0, 0],
        [1, 0, 0, 0, s, 0, 0, 0, 20, 0, 0, 0],
      ]);
      const y = causalAttention(qkv, { batch: 1, time: 2, heads: 1 });
      expect(y.dataSync()[4]).toBeCloseTo(17.5, 5);
    }),
  );

  test(
    'worked by hand: a window of two positions, and of one',
    leavingNothing(() => {
      // Equal scores: the mean of the values that are seen.
      const qkv = tf.tensor2d([
        [0, 0, 1],
        [0, 0, 3],
        [0, 0, 11],
        [0, 0, 5],
      ]);
      const seen = (window: number) =>
        Array.from(causalAttention(qkv, { batch: 1, time: 4, heads: 1, window }).dataSync());
      expect(seen(2)).toEqual([1, 2, 7, 8]);
      expect(seen(1)).toEqual([1, 3, 11, 5]);
      expect(seen(4)).toEqual([1, 2, 5, 5]);
      expect(seen(9)).toEqual(seen(4));
    }),
  );

  test(
    'a token older than the window changes nothing',
    leavingNothing(() => {
      const windowed = { batch: 1, time: 6, heads: 2, window: 3 };
      const qkv = normal([6, 12], 1);
      const changed = tf.concat([normal([2, 12], 2), tf.slice(qkv, [2, 0], [4, 12])]);
      const [a, b] = [qkv, changed].map((x) => causalAttention(x, windowed));
      const rows = (x: tf.Tensor, from: number, count: number) => tf.slice(x, [from, 0], [count, 4]);
      expect(difference(rows(a!, 4, 2), rows(b!, 4, 2))).toBe(0);
      expect(difference(rows(a!, 3, 1), rows(b!, 3, 1))).toBeGreaterThan(0.01);
    }),
  );

  test(
    'a later token changes nothing before it, and neither does another example',
    leavingNothing(() => {
      const qkv = normal([6, 12], 1);
      const changed = tf.concat([tf.slice(qkv, [0, 0], [4, 12]), normal([2, 12], 2)]);
      const before = causalAttention(qkv, shape).slice([0, 0], [4, 4]);
      expect(difference(causalAttention(changed, shape).slice([0, 0], [4, 4]), before)).toBe(0);
    }),
  );

  test(
    'its gradient agrees with autodiff and finite differences',
    leavingNothing(() => {
      const qkv = normal([6, 12], 3);
      expectGradients(
        (x) => causalAttention(x, shape),
        (x) => causalAttentionPlain(shape, x)[0]!,
        [qkv],
      );
    }),
  );

  test(
    'its gradient agrees with a window',
    leavingNothing(() => {
      const windowed = { ...shape, window: 2 };
      expectGradients(
        (x) => causalAttention(x, windowed),
        (x) => causalAttentionPlain(windowed, x)[0]!,
        [normal([6, 12], 6)],
      );
    }),
  );

  test(
    'its gradient agrees with dropped weights too',
    leavingNothing(() => {
      const keep = tf.mul(tf.greater(normal([2, 2, 3, 3], 4), -0.5).toFloat(), 1.5);
      expectGradients(
        (x) => wholeAttention(x, shape, keep),
        (x) => causalAttentionPlain(shape, x, keep)[0]!,
        [normal([6, 12], 5)],
      );
    }),
  );

  test(
    'rows that are not batch x time, or columns that are no heads, are errors',
    leavingNothing(() => {
      expect(() => causalAttention(tf.zeros([5, 12]), shape)).toThrow(
        'causalAttention: qkv must be float32 [6, ?], is float32 [5, 12]',
      );
      expect(() => causalAttention(tf.zeros([6, 9]), shape)).toThrow('9 columns are not q, k and v of 2 heads');
    }),
  );
});

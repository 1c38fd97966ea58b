import { hash32, maskBits, maskThreshold, mix32, stream } from '../rng.js';
import * as tf from '../tf.js';
import { dropout, dropoutMask, keptAtRandom } from './dropout.js';
import { expectGradients, leavingNothing, normal } from './testing/gradients.js';

const key = (seed: number, step: number) => ({ seed: tf.scalar(seed, 'int32'), step: tf.scalar(step, 'int32') });
/** Rows of a larger batch. */
const rowsFrom = (first: number, count: number) => ({ rows: { first: tf.scalar(first, 'int32'), count } });
const values = (x: tf.Tensor) => Array.from(x.dataSync());

describe('dropout', () => {
  test(
    'element i is kept by the bits of (key, i), the key folding place, seed and step in this order',
    leavingNothing(() => {
      const prefix = hash32(stream.dropout, 5);
      const word = mix32(mix32(prefix ^ 1337) ^ 42);
      expect(word).toBe(hash32(stream.dropout, 5, 1337, 42));
      const bits = maskBits(word);
      const expected = Array.from({ length: 60 }, (_, i) => +(bits(i) >= maskThreshold(0.3)));
      expect(values(keptAtRandom([20, 3], { rate: 0.3, key: key(1337, 42), place: 5 }))).toEqual(expected);
    }),
  );

  test(
    'the same (seed, step, place) gives the same mask, another one another',
    leavingNothing(() => {
      const mask = (seed: number, step: number, place: number) =>
        values(dropoutMask([64], 0.5, key(seed, step), place)).join();
      expect(mask(1, 2, 3)).toBe(mask(1, 2, 3));
      expect(new Set([mask(1, 2, 3), mask(2, 2, 3), mask(1, 3, 3), mask(1, 2, 4)]).size).toBe(4);
    }),
  );

  test(
    'some rows of a batch get the numbers of these rows in the whole batch, however the rows are divided',
    leavingNothing(() => {
      // Three positions of ten numbers in each row, the two axes joined as in a model.
      const kept = (first: number, count: number) =>
        values(
          keptAtRandom([3 * count, 10], { rate: 0.5, key: { ...key(7, 2), ...rowsFrom(first, count) }, place: 5 }),
        );
      const whole = values(keptAtRandom([18, 10], { rate: 0.5, key: key(7, 2), place: 5 }));
      expect(kept(0, 6)).toEqual(whole);
      expect([0, 2, 4].flatMap((first) => kept(first, 2))).toEqual(whole);
      expect([...kept(0, 1), ...kept(1, 5)]).toEqual(whole);
    }),
  );

  test(
    'a window gets the numbers of its place in the whole, in any rows of a batch',
    leavingNothing(() => {
      for (const first of [0, 4]) {
        const drawn = { rate: 0.5, key: { ...key(7, 2), ...rowsFrom(first, 2) }, place: 5 };
        const whole = keptAtRandom([2, 5, 40], drawn);
        const window = keptAtRandom([1, 3, 30], drawn, { of: [2, 5, 40], origin: [1, 1, 0] });
        expect(values(window)).toEqual(values(tf.slice(whole, [1, 1, 0], [1, 3, 30])));
      }
    }),
  );

  test(
    'drops about its rate and scales the rest by 1 / (1 - rate)',
    leavingNothing(() => {
      const y = values(dropout(tf.ones([20000]), 0.2, key(1, 1), 0));
      expect(new Set(y)).toEqual(new Set([0, 1.25]));
      // Binomial: the standard deviation of the share is 0.0028.
      expect(Math.abs(y.filter((v) => v === 0).length / 20000 - 0.2)).toBeLessThan(0.011);
    }),
  );

  test(
    'is the identity at rate 0 and outside training',
    leavingNothing(() => {
      const x = tf.ones([4]);
      expect(dropout(x, 0, key(1, 1), 0)).toBe(x);
      expect(dropout(x, 0.5, undefined, 0)).toBe(x);
    }),
  );

  test(
    'its gradient goes through the mask of the forward pass',
    leavingNothing(() => {
      const x = normal([3, 4], 1);
      const own = (a: tf.Tensor) => dropout(a, 0.4, key(3, 4), 5);
      const mask = tf.tensor(values(own(tf.ones([3, 4]))), [3, 4]);
      expectGradients(own, (a) => tf.mul(a, mask), [x]);
    }),
  );

  test(
    'a rate of 1 and a float seed are errors',
    leavingNothing(() => {
      expect(() => dropout(tf.ones([2]), 1, key(1, 1), 0)).toThrow('rate must be in [0, 1), is 1');
      const float = { seed: tf.scalar(1), step: tf.scalar(1, 'int32') };
      expect(() => dropout(tf.ones([2]), 0.5, float, 0)).toThrow('dropout: seed must be int32 []');
    }),
  );
});

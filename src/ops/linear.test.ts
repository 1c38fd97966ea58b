import * as tf from '../tf.js';
import { linear } from './linear.js';
import { expectGradients, leavingNothing, normal } from './testing/gradients.js';

describe('linear', () => {
  test(
    'worked by hand: rows times [in, out], plus the bias',
    leavingNothing(() => {
      const weight = tf.tensor2d([
        [1, 2, 3],
        [4, 5, 6],
      ]);
      const y = linear(tf.tensor2d([[1, 10]]), weight, tf.tensor1d([0.5, 0, -0.5]));
      expect(Array.from(y.dataSync())).toEqual([41.5, 52, 62.5]);
    }),
  );

  test(
    'its gradients agree with finite differences',
    leavingNothing(() => {
      const inputs = [normal([3, 2], 1), normal([2, 4], 2), normal([4], 3)];
      expectGradients(linear, (x, w, b) => tf.dot(x!, w!).add(b!), inputs);
    }),
  );

  test(
    'a folded input is asked for',
    leavingNothing(() => {
      expect(() => linear(tf.zeros([2, 3, 4]), tf.zeros([4, 4]), undefined)).toThrow(
        'linear: x must be float32 [?, ?], is float32 [2, 3, 4]',
      );
      expect(() => linear(tf.zeros([2, 3]), tf.zeros([4, 4]), undefined)).toThrow('linear: weight must be');
    }),
  );
});

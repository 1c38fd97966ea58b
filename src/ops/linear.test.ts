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
      expectGradients(
        (x, w, b) => linear(x!, w!, b),
        (x, w, b) => tf.dot(x!, w!).add(b!),
        inputs,
      );
    }),
  );

  test(
    'a weight [out, in] is the same map as its transpose [in, out], gradients too',
    leavingNothing(() => {
      const inputs = [normal([3, 2], 1), normal([4, 2], 2), normal([4], 3)];
      expectGradients(
        (x, w, b) => linear(x!, w!, b, 0),
        (x, w, b) => tf.dot(x!, tf.transpose(w!)).add(b!),
        inputs,
      );
      expect(() => linear(inputs[0]!, inputs[1]!, undefined)).toThrow('linear: weight');
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

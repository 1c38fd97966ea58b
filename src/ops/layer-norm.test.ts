import * as tf from '../tf.js';
import { layerNorm, layerNormPlain } from './layer-norm.js';
import { difference, expectGradients, leavingNothing, normal } from './testing/gradients.js';

describe('layerNorm', () => {
  test(
    'worked by hand: [1, 3] has mean 2 and variance 1',
    leavingNothing(() => {
      const x = tf.tensor2d([[1, 3]]);
      const [y, mean, rstd] = layerNormPlain(0, x, tf.tensor1d([2, 10]), tf.tensor1d([0.5, -1]));
      expect(Array.from(y!.dataSync())).toEqual([-1.5, 9]);
      expect(Array.from(mean!.dataSync())).toEqual([2]);
      expect(Array.from(rstd!.dataSync())).toEqual([1]);
    }),
  );

  test(
    'its gradients agree with autodiff and finite differences, with and without a bias',
    leavingNothing(() => {
      const inputs = [normal([3, 5], 1), normal([5], 2), normal([5], 3)];
      const own = (x: tf.Tensor, w: tf.Tensor, b?: tf.Tensor) => layerNorm(x, w, b);
      const plain = (x: tf.Tensor, w: tf.Tensor, b?: tf.Tensor) => layerNormPlain(1e-5, x, w, b)[0]!;
      expectGradients(own as never, plain as never, inputs);
      expectGradients(own as never, plain as never, inputs.slice(0, 2));
    }),
  );

  test(
    'a row of equal numbers gives the bias, not NaN',
    leavingNothing(() => {
      const y = layerNorm(tf.fill([1, 4], 7), tf.ones([4]), tf.fill([4], 0.25));
      expect(difference(y, tf.fill([1, 4], 0.25))).toBe(0);
    }),
  );

  test(
    'a weight of another width is an error that names both shapes',
    leavingNothing(() => {
      expect(() => layerNorm(tf.zeros([2, 3]), tf.ones([4]), undefined)).toThrow(
        'layerNorm: weight must be float32 [3], is float32 [4]',
      );
    }),
  );
});

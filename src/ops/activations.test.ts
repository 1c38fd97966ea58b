import * as tf from '../tf.js';
import { geluExact, relu, silu } from './activations.js';
import { difference, expectGradients, leavingNothing, normal } from './testing/gradients.js';

describe.each([
  // Phi(1) = 0.841345, Phi(-2) = 0.0227501; sigmoid(1) = 0.731059, sigmoid(-2) = 0.119203
  {
    name: 'exact GELU',
    run: geluExact,
    expected: [0, 0.841345, -0.0455003, 30, 0],
    plain: (x: tf.Tensor) => tf.mul(x, tf.mul(tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1), 0.5)),
  },
  { name: 'ReLU', run: relu, expected: [0, 1, 0, 30, 0], plain: (x: tf.Tensor) => tf.maximum(x, 0) },
  {
    name: 'SiLU',
    run: silu,
    expected: [0, 0.731059, -0.238406, 30, 0],
    plain: (x: tf.Tensor) => tf.mul(x, tf.sigmoid(x)),
  },
])('$name', ({ run, expected, plain }) => {
  test(
    'worked by hand',
    leavingNothing(() => {
      expect(difference(run(tf.tensor1d([0, 1, -2, 30, -30])), tf.tensor1d(expected))).toBeLessThan(1e-6);
    }),
  );

  test(
    'its gradient agrees with autodiff and finite differences',
    leavingNothing(() => expectGradients(run, plain, [normal([4, 6], 5)])),
  );

  test(
    'its gradient is finite far out',
    leavingNothing(() => {
      const slopes = tf.grad(run)(tf.tensor1d([-1e4, 1e4]));
      expect(difference(slopes, tf.tensor1d([0, 1]))).toBe(0);
    }),
  );
});

import * as tf from '../tf.js';
import { gelu, geluPlain } from './gelu.js';
import { difference, expectGradients, leavingNothing, normal } from './testing/gradients.js';

describe('gelu', () => {
  test(
    'worked by hand: 0 stays, 1 gives 0.841192, large numbers pass or vanish',
    leavingNothing(() => {
      // sqrt(2/pi) * 1.044715 = 0.833562..., tanh = 0.682384, 0.5 * 1.682384 = 0.841192
      const y = gelu(tf.tensor1d([0, 1, -1, 30, -30]));
      expect(difference(y, tf.tensor1d([0, 0.841192, -0.158808, 30, 0]))).toBeLessThan(1e-6);
    }),
  );

  test(
    'its gradient agrees with autodiff and finite differences',
    leavingNothing(() => expectGradients(gelu, (x) => geluPlain(x)[0]!, [normal([4, 6], 5)])),
  );

  test(
    'its gradient is finite far out',
    leavingNothing(() => {
      const slope = tf.grad(gelu)(tf.tensor1d([-1e4, 1e4]));
      expect(Array.from(slope.dataSync())).toEqual([0, 1]);
    }),
  );
});

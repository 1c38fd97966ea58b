import * as tf from '../tf.js';
import { repeatHeads } from './repeat-heads.js';
import { rmsNorm, rmsNormPlain } from './rms-norm.js';
import { difference, expectGradients, leavingNothing, normal } from './testing/gradients.js';

describe('rmsNorm', () => {
  test(
    'worked by hand: the mean square of 3, 4 is 12.5',
    leavingNothing(() => {
      const y = rmsNorm(tf.tensor2d([[3, 4]]), tf.tensor1d([1, 2]), 0);
      expect(difference(y, tf.tensor2d([[3 / Math.sqrt(12.5), 8 / Math.sqrt(12.5)]]))).toBeLessThan(1e-6);
    }),
  );

  test(
    'its gradients agree with autodiff and finite differences',
    leavingNothing(() =>
      expectGradients(
        (x, w) => rmsNorm(x!, w!, 1e-5),
        (x, w) => rmsNormPlain(1e-5, x!, w!)[0]!,
        [normal([4, 6], 1), normal([6], 2)],
      ),
    ),
  );
});

describe('repeatHeads', () => {
  test(
    'each head comes as often as it is shared, one after the other',
    leavingNothing(() => {
      const y = repeatHeads(tf.tensor2d([[1, 2, 3, 4]]), 2, 2);
      expect(Array.from(y.dataSync())).toEqual([1, 2, 1, 2, 3, 4, 3, 4]);
      expect(() => repeatHeads(tf.zeros([1, 3]), 2, 2)).toThrow('3 columns are not 2 heads');
    }),
  );

  test(
    'its gradient sums over the repeats',
    leavingNothing(() =>
      expectGradients(
        (x) => repeatHeads(x!, 2, 3),
        (x) =>
          tf.concat(
            [0, 0, 0, 1, 1, 1].map((head) => tf.slice(x!, [0, 2 * head], [-1, 2])),
            1,
          ),
        [normal([3, 4], 4)],
      ),
    ),
  );
});

import * as tf from '../tf.js';
import { difference, expectGradients, leavingNothing, normal } from './testing/gradients.js';
import { tokenLoss, tokenLosses, tokenLossPlain } from './token-loss.js';

const ids = (...values: number[]) => tf.tensor1d(values, 'int32');

describe('tokenLoss', () => {
  test(
    'worked by hand: equal logits cost ln V, a 3 : 1 choice costs ln 4 - ln 3',
    leavingNothing(() => {
      const logits = tf.tensor2d([
        [2, 2],
        [Math.log(3), 0],
      ]);
      const losses = tokenLosses(logits, ids(1, 0));
      expect(difference(losses, tf.tensor1d([Math.log(2), Math.log(4 / 3)]))).toBeLessThan(1e-6);
    }),
  );

  test(
    'its gradient agrees with autodiff and finite differences, ignored targets included',
    leavingNothing(() => {
      const targets = ids(3, -1, 0, 4);
      const logits = normal([4, 5], 1);
      const oneHot = tf.oneHot(ids(3, 0, 0, 4), 5).toFloat();
      const mask = tf.tensor1d([1, 0, 1, 1]);
      expectGradients(
        (x) => tokenLosses(x, targets),
        (x) => tf.mul(tf.logSoftmax(x).mul(oneHot).sum(1).neg(), mask),
        [logits],
      );
    }),
  );

  test(
    'the loss is the mean over counted targets, the gradient (softmax - one-hot) / count',
    leavingNothing(() => {
      const logits = normal([3, 4], 2);
      const targets = ids(1, -1, 2);
      const { loss, lossSum, count } = tokenLoss(logits, targets);
      expect(count.dataSync()[0]).toBe(2);
      expect(loss.dataSync()[0]).toBeCloseTo(lossSum.dataSync()[0]! / 2, 6);
      const gradient = tf.grad((x: tf.Tensor) => tokenLoss(x, targets).loss)(logits);
      const oneHot = tf.oneHot(targets, 4).toFloat();
      const expected = tf.sub(tf.softmax(logits as tf.Tensor2D), oneHot).mul(tf.tensor2d([[0.5], [0], [0.5]]));
      expect(difference(gradient, expected)).toBeLessThan(1e-6);
    }),
  );

  test(
    'without any counted target loss and gradient are 0',
    leavingNothing(() => {
      const targets = ids(-1, -1);
      const logits = normal([2, 3], 3);
      expect(tokenLoss(logits, targets).loss.dataSync()[0]).toBe(0);
      const gradient = tf.grad((x: tf.Tensor) => tokenLoss(x, targets).loss)(logits);
      expect(difference(gradient, tf.zeros([2, 3]))).toBe(0);
    }),
  );

  test(
    'logits in the thousands stay finite',
    leavingNothing(() => {
      const [losses] = tokenLossPlain(
        tf.tensor2d([
          [5000, 0],
          [-5000, 0],
        ]),
        ids(0, 0),
      );
      expect(Array.from(losses!.dataSync())).toEqual([0, 5000]);
    }),
  );

  test(
    'targets of another length are an error',
    leavingNothing(() => {
      expect(() => tokenLosses(tf.zeros([2, 3]), ids(0))).toThrow(
        'tokenLosses: targets must be int32 [2], is int32 [1]',
      );
    }),
  );
});

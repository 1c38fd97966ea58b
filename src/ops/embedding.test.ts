import * as tf from '../tf.js';
import { embedding } from './embedding.js';
import { expectGradients, leavingNothing, normal } from './testing/gradients.js';

const ids = () => tf.tensor1d([2, 0, 2, 4], 'int32');

describe('embedding', () => {
  test(
    'worked by hand: rows by number, and gradients added up by row',
    leavingNothing(() => {
      const table = tf.tensor2d([
        [1, 2],
        [3, 4],
        [5, 6],
      ]);
      const places = tf.tensor1d([2, 0, 2], 'int32');
      expect(Array.from(embedding(table, places).dataSync())).toEqual([5, 6, 1, 2, 5, 6]);
      const dy = tf.tensor2d([
        [1, 1],
        [10, 10],
        [100, 200],
      ]);
      const dtable = tf.grad((t: tf.Tensor) => embedding(t, places))(table, dy);
      expect(Array.from(dtable.dataSync())).toEqual([10, 10, 0, 0, 101, 201]);
    }),
  );

  test(
    'its gradient agrees with autodiff and finite differences',
    leavingNothing(() => {
      const own = (table: tf.Tensor) => embedding(table, ids());
      const plain = (table: tf.Tensor) => tf.matMul(tf.oneHot(ids(), 5).toFloat(), table);
      expectGradients(own, plain, [normal([5, 3], 7)]);
    }),
  );

  test(
    'numbers that are not integers are an error',
    leavingNothing(() => {
      expect(() => embedding(tf.zeros([5, 3]), tf.tensor1d([1, 2]))).toThrow('embedding: ids must be int32 [?]');
    }),
  );
});

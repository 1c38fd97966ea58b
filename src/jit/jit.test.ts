import * as tf from '../tf.js';
import { dropout } from './index.js';
import { compiler, onnx, values } from './testing/compiler.js';

const { compile, disposeAll } = compiler();

beforeAll(() => tf.setBackend('cpu'));
afterEach(disposeAll);

describe('a jitted function', () => {
  test.each(['onnx', 'eager'] as const)('gives what tfjs gives, on %s', async (backend) => {
    const f = (x: tf.Tensor2D, b: tf.Tensor1D) => tf.relu(tf.add(tf.matMul(x, x, false, true), b));
    const x = tf.tensor2d([1, -2, 3, 4, 0.5, -1], [2, 3]);
    const b = tf.tensor1d([-20, 1]);
    const compiled = await compile(f, [{ shape: [2, 3] }, { shape: [2] }], { backend, threads: 1 });
    const y = await compiled(x, b);
    expect(y.shape).toEqual([2, 2]);
    expect(values(y)).toEqual([0, 1, 0, 18.25]); // worked by hand: [[14, 0], [0, 17.25]] + b
    expect(values(f(x, b))).toEqual(values(y));
  });

  test('takes and gives arrays and objects, nested', async () => {
    const compiled = await compile(
      ({ pair: [a, b], scale }, n) => ({ sum: tf.mul(tf.add(a, b), scale), list: [tf.neg(a), n], nothing: null }),
      [
        { pair: [{ shape: [2] }, { shape: [2] }], scale: { shape: [] } },
        { shape: [3], dtype: 'int32' },
      ],
      onnx,
    );
    const [a, b, n] = [tf.tensor1d([1, 2]), Float32Array.of(10, 20), tf.tensor1d([7, 8, 9], 'int32')];
    const { sum, list, nothing } = await compiled({ pair: [a, b], scale: 2 }, n);
    expect(values(sum)).toEqual([22, 44]);
    expect(list.map(values)).toEqual([
      [-1, -2],
      [7, 8, 9],
    ]);
    expect(list[1]!.dtype).toBe('int32');
    expect(nothing).toBeNull();
  });

  test('has booleans, scalars and empty tensors', async () => {
    const compiled = await compile(
      (x, mask) => [tf.any(tf.greater(x, 2)), tf.where(mask, x, tf.zerosLike(x)), tf.slice(x, [0], [0])],
      [{ shape: [3] }, { shape: [3], dtype: 'bool' }],
      onnx,
    );
    const [any, masked, empty] = await compiled(tf.tensor1d([1, 2, 3]), tf.tensor1d([true, false, true], 'bool'));
    expect([any!.dtype, any!.shape, values(any!)]).toEqual(['bool', [], [1]]);
    expect(values(masked!)).toEqual([1, 0, 3]);
    expect(empty!.shape).toEqual([0]);
  });

  test('is traced once: numbers and tensors from outside are constants', async () => {
    let calls = 0;
    let factor = 2;
    const offset = tf.tensor1d([1, 1]);
    const compiled = await compile(
      (x) => {
        calls += 1;
        return tf.add(tf.mul(x, factor), offset);
      },
      [{ shape: [2] }],
      onnx,
    );
    factor = 100;
    offset.dispose();
    expect(values(await compiled(tf.tensor1d([1, 2])))).toEqual([3, 5]);
    expect(values(await compiled(tf.tensor1d([3, 4])))).toEqual([7, 9]);
    expect(calls).toBe(1);
    expect(compiled.graph).toContain('Multiply');
  });

  test('a tensor may be its own spec', async () => {
    const x = tf.tensor2d([[1, 2]]);
    const compiled = await compile((a) => tf.sum(a), [x], onnx);
    expect(values(await compiled(x))).toEqual([3]);
  });

  test('calls that overlap give each its own result', async () => {
    const compiled = await compile((x) => tf.square(x), [{ shape: [] }], onnx);
    const results = await Promise.all([1, 2, 3, 4].map((x) => compiled(x)));
    expect(results.map((y) => values(y)[0])).toEqual([1, 4, 9, 16]);
  });

  test('draws dropout from a seed and a step that are inputs', async () => {
    const f = (x: tf.Tensor, seed: tf.Tensor, step: tf.Tensor) => dropout(x, 0.5, { seed, step }, 0);
    const scalar = { shape: [], dtype: 'int32' } as const;
    const compiled = await compile(f, [{ shape: [64] }, scalar, scalar], onnx);
    const x = tf.ones([64]);
    const [first, again, second] = [await compiled(x, 7, 1), await compiled(x, 7, 1), await compiled(x, 7, 2)];
    expect(values(again)).toEqual(values(first));
    expect(values(second)).not.toEqual(values(first));
    expect(values(first)).toEqual(values(f(x, tf.scalar(7, 'int32'), tf.scalar(1, 'int32'))));
  });
});

describe('gradients', () => {
  const f = (x: tf.Tensor) => tf.sum(tf.mul(tf.tanh(x), x)) as tf.Scalar;
  const x = tf.tensor1d([0.5, -1, 2]);

  test('tf.grad and tf.valueAndGrads', async () => {
    const one = await compile((a) => tf.grad(f)(a), [{ shape: [3] }], onnx);
    const expected = values(tf.grad(f)(x));
    values(await one(x)).forEach((g, i) => {
      expect(g).toBeCloseTo(expected[i]!, 5);
    });
    const both = await compile(
      (a, b) => tf.valueAndGrads((p: tf.Tensor, q: tf.Tensor) => tf.sum(tf.mul(p, tf.square(q))))([a, b]),
      [{ shape: [2] }, { shape: [2] }],
      onnx,
    );
    const { value, grads } = await both(tf.tensor1d([1, 2]), tf.tensor1d([3, 4]));
    expect(values(value)).toEqual([41]);
    expect(grads.map(values)).toEqual([
      [9, 16],
      [6, 16],
    ]);
  });

  test('a gradient of a gradient', async () => {
    const second = await compile((a) => tf.grad((b) => tf.sum(tf.grad((c) => tf.pow(c, 3))(b)))(a), [x], onnx);
    values(await second(x)).forEach((g, i) => {
      expect(g).toBeCloseTo(6 * values(x)[i]!, 4);
    });
  });

  test('tf.variableGrads reads variables again in each call', async () => {
    const w = tf.variable(tf.tensor1d([1, 2]), true, 'grads/w');
    const compiled = await compile(
      (a) => tf.variableGrads(() => tf.sum(tf.mul(tf.square(w), a)) as tf.Scalar, [w]),
      [{ shape: [2] }],
      onnx,
    );
    expect(compiled.reads).toEqual(['grads/w']);
    const a = tf.tensor1d([3, 4]);
    expect(values((await compiled(a)).grads['grads/w']!)).toEqual([6, 16]);
    w.assign(tf.tensor1d([10, 20]));
    const { value, grads } = await compiled(a);
    expect(values(value)).toEqual([1900]);
    expect(values(grads['grads/w']!)).toEqual([60, 160]);
    w.dispose();
    await expect(compiled(a)).rejects.toThrow('variable grads/w of the function was disposed');
  });
});

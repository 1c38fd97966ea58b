// Tracing and running leave tfjs on the backend that a program chose. And the tensorflow engine, where it is set up.
import { withTensorflow } from '../engine/tensorflow/testing/library.js';
import * as tf from '../tf.js';
import { compiler, onnx, values } from './testing/compiler.js';

const { compile, disposeAll } = compiler();
const engine = tf.engine() as unknown as { backendName: string | null | undefined; backendInstance: unknown };

afterEach(disposeAll);

test('where tfjs has started no backend, it starts none', async () => {
  expect(tf.engine().backendName).toBeFalsy();
  const compiled = await compile((x) => tf.neg(x), [{ shape: [1] }], onnx);
  expect(tf.engine().backendName).toBeFalsy();
  expect(engine.backendInstance).toBeNull();
  expect(values(await compiled(Float32Array.of(3)))).toEqual([-3]);
  expect(tf.getBackend()).toBe('cpu'); // what tfjs chooses by itself, for the result
});

describe.each(['cpu', 'tensorflow'])('with tfjs on its backend %s', (name) => {
  beforeAll(async () => {
    if (name === 'tensorflow') {
      tf.registerBackend(name, () => new tf.MathBackendCPU(), 3);
      tf.copyRegisteredKernels('cpu', name);
    }
    await tf.setBackend(name);
  });

  test.each(['onnx', 'eager'] as const)('%s leaves it there, and gives tensors of it', async (backend) => {
    const w = tf.variable(tf.tensor1d([1, 2]));
    const offset = tf.tensor1d([5, 5]);
    const instance = tf.backend();
    const compiled = await compile(
      (x) => {
        w.assign(tf.add(w, x));
        return tf.add(w, offset);
      },
      [{ shape: [2] }],
      { backend, threads: 1 },
    );
    expect([tf.getBackend(), tf.backend()]).toEqual([name, instance]);
    const y = await compiled(tf.tensor1d([10, 10]));
    expect([tf.getBackend(), tf.backend()]).toEqual([name, instance]);
    expect([values(y), values(w), values(tf.add(y, offset))]).toEqual([
      [16, 17],
      [11, 12],
      [21, 22],
    ]);
    w.dispose();
  });

  test('an error leaves it there', async () => {
    const failing = compile((x) => tf.tensor(x.dataSync()), [{ shape: [2] }], onnx);
    expect(tf.getBackend()).toBe(name);
    await expect(failing).rejects.toThrow('reads the value');
    expect(tf.getBackend()).toBe(name);
    await expect(compile((x) => tf.unique(x).values, [{ shape: [2] }], onnx)).rejects.toThrow();
    expect(tf.getBackend()).toBe(name);
  });
});

withTensorflow('on the tensorflow engine', () => {
  test.each([false, true])('a training step is right with XLA %s', async (xla) => {
    const w = tf.variable(tf.tensor2d([1, 2, 3, 4], [2, 2]));
    const optimizer = tf.train.momentum(0.1, 0.9);
    const loss = (x: tf.Tensor2D) => tf.mean(tf.square(tf.matMul(x, w as tf.Tensor2D))) as tf.Scalar;
    const step = await compile((x) => optimizer.minimize(() => loss(x), true, [w])!, [{ shape: [1, 2] }], {
      backend: 'tensorflow',
      threads: 1,
      xla,
    });
    const x = tf.tensor2d([[1, -1]]);
    expect(values(await step(x))).toEqual([4]); // x w = [-2, -2]
    expect(values(w)).toEqual([1.2, 2.2, 2.8, 3.8].map(Math.fround)); // dw = x^T [-2, -2]
  });
});

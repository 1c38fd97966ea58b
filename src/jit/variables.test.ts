import * as tf from '../tf.js';
import { compiler, onnx, values } from './testing/compiler.js';

const { compile, disposeAll } = compiler();
const close = (actual: tf.Tensor, expected: tf.Tensor) =>
  values(expected).forEach((value, i) => {
    expect(Math.abs(values(actual)[i]! - value)).toBeLessThanOrEqual(2e-6 * Math.max(1, Math.abs(value)));
  });
const variablesNow = () => Object.keys(tf.engine().registeredVariables);

beforeAll(() => tf.setBackend('cpu'));
afterEach(async () => {
  await disposeAll();
  tf.disposeVariables();
});

test('assignments happen once a call, after it, and later reads see them', async () => {
  const count = tf.variable(tf.scalar(1));
  const doubled = await compile(
    (x) => {
      const old = tf.clone(count);
      count.assign(tf.mul(count, 2));
      count.assign(tf.add(count, x));
      return [old, tf.clone(count)];
    },
    [{ shape: [] }],
    onnx,
  );
  expect(values(count)).toEqual([1]); // not assigned by tracing
  expect([doubled.reads, doubled.writes]).toEqual([[count.name], [count.name]]);
  const seen = await Promise.all([doubled(10), doubled(0)]);
  expect(seen.map((pair) => pair.map((x) => values(x)[0]))).toEqual([
    [1, 12],
    [12, 24],
  ]);
  expect(values(count)).toEqual([24]);
});

test('two variables and a constant made of one tensor stay apart', async () => {
  const x = tf.tensor1d([1, 2]);
  const [a, b] = [tf.variable(x), tf.variable(x)];
  const compiled = await compile((y) => [tf.add(a, y), tf.add(b, y), tf.add(x, y)], [{ shape: [2] }], onnx);
  a.assign(tf.tensor1d([10, 20]));
  const results = await compiled(tf.tensor1d([0, 0]));
  expect(results.map(values)).toEqual([
    [10, 20],
    [1, 2],
    [1, 2],
  ]);
});

test.each([
  ['sgd', () => tf.train.sgd(0.1)],
  ['momentum', () => tf.train.momentum(0.1, 0.9)],
  ['adam', () => tf.train.adam(0.1)],
  ['rmsprop', () => tf.train.rmsprop(0.01, 0.9, 0.5)],
  ['adagrad', () => tf.train.adagrad(0.1)],
  ['adadelta', () => tf.train.adadelta(1)],
  ['adamax', () => tf.train.adamax(0.1)],
])('a training step of tf.train.%s does what stock tfjs does', async (_, make) => {
  const x = tf.tensor2d([0.5, -1, 2, 1, 0, -2], [3, 2]);
  const y = tf.tensor2d([1, -1, 0.5], [3, 1]);
  const model = () => [tf.variable(tf.tensor2d([0.3, -0.2], [2, 1])), tf.variable(tf.scalar(0.1))] as const;
  const train =
    ([w, b]: ReturnType<typeof model>, optimizer: tf.Optimizer) =>
    (xs: tf.Tensor2D, ys: tf.Tensor2D) =>
      optimizer.minimize(() => tf.losses.meanSquaredError(ys, tf.add(tf.matMul(xs, w), b)) as tf.Scalar, true, [w, b])!;

  const [stock, jitted] = [model(), model()];
  const stockStep = train(stock, make());
  const step = await compile(train(jitted, make()), [{ shape: [3, 2] }, { shape: [3, 1] }], onnx);
  for (let i = 0; i < 4; i++) {
    const expected = stockStep(x, y);
    close(await step(x, y), expected);
  }
  close(jitted[0], stock[0]);
  close(jitted[1], stock[1]);
});

test('no tensor is left over by tracing, calls and assignments', async () => {
  const w = tf.variable(tf.tensor2d([0.3, -0.2], [2, 1]));
  const optimizer = tf.train.adam(0.1);
  const x = tf.ones([3, 2]);
  const step = await compile(
    (xs) => optimizer.minimize(() => tf.mean(tf.square(tf.matMul(xs, w))) as tf.Scalar, true, [w])!,
    [{ shape: [3, 2] }],
    onnx,
  );
  (await step(x)).dispose();
  const { numTensors, numBytes, numDataBuffers } = tf.memory();
  for (let i = 0; i < 3; i++) (await step(x)).dispose();
  const again = await compile((xs) => tf.matMul(xs, w), [{ shape: [3, 2] }], onnx);
  (await again(x)).dispose();
  expect(tf.memory()).toMatchObject({ numTensors, numBytes, numDataBuffers });
});

test('a layers model is read and trained through its variables', async () => {
  const model = tf.sequential({
    layers: [
      tf.layers.dense({ units: 5, activation: 'relu', inputShape: [2] }),
      tf.layers.batchNormalization(),
      tf.layers.dense({ units: 1 }),
    ],
  });
  const x = tf.tensor2d([0.5, -1, 2, 1, 0, -2], [3, 2]);
  const predict = await compile((xs) => model.predict(xs) as tf.Tensor, [{ shape: [3, 2] }], onnx);
  close(await predict(x), model.predict(x) as tf.Tensor);

  const moving = model.layers[1]!.getWeights()[2]!; // the moving mean, which training assigns
  const before = values(moving);
  const optimizer = tf.train.sgd(0.05);
  const step = await compile(
    (xs) =>
      optimizer.minimize(
        () => tf.mean(tf.square(model.apply(xs, { training: true }) as tf.Tensor)) as tf.Scalar,
        true,
      )!,
    [{ shape: [3, 2] }],
    onnx,
  );
  const losses: number[] = [];
  for (let i = 0; i < 20; i++) losses.push(values(await step(x))[0]!);
  expect(losses.at(-1)).toBeLessThan(losses[0]! / 2);
  expect(values(model.layers[1]!.getWeights()[2]!)).not.toEqual(before);
  close(await predict(x), model.predict(x) as tf.Tensor);
});

test('a variable made of traced numbers, and one disposed, are errors that leave tfjs as it was', async () => {
  const kept = tf.variable(tf.scalar(5), true, 'kept');
  const names = variablesNow();
  const { numTensors } = tf.memory();
  await expect(compile((x) => tf.variable(x) as tf.Tensor, [{ shape: [] }], onnx)).rejects.toThrow('is traced');
  await expect(
    compile(
      (x) => {
        kept.dispose();
        return tf.neg(x);
      },
      [{ shape: [] }],
      onnx,
    ),
  ).rejects.toThrow('disposes variable kept inside a trace');
  expect(variablesNow()).toEqual(names);
  expect(tf.memory().numTensors).toBe(numTensors);
  expect(values(kept)).toEqual([5]);
});

test('a function that fails after assigning and making leaves the numbers of before', async () => {
  const w = tf.variable(tf.scalar(5));
  const { numTensors } = tf.memory();
  await expect(
    compile(
      (x) => {
        w.assign(x as tf.Scalar);
        throw new Error('mine');
      },
      [{ shape: [] }],
      onnx,
    ),
  ).rejects.toThrow('mine');
  expect(values(w)).toEqual([5]);
  expect(tf.memory().numTensors).toBe(numTensors);
});

// A convolutional net trained on every engine, as stock tfjs trains it.
import { withTensorflow } from '../engine/tensorflow/testing/library.js';
import * as tf from '../tf.js';
import type { JitOptions } from './index.js';
import { compiler, onnx, values } from './testing/compiler.js';

const { compile, disposeAll } = compiler();

beforeAll(() => tf.setBackend('cpu'));
afterEach(async () => {
  await disposeAll();
  tf.disposeVariables();
});

const x = () => tf.sin(tf.reshape(tf.range(0, 3 * 8 * 7 * 2), [3, 8, 7, 2])) as tf.Tensor4D;
const y = () => tf.cast(tf.oneHot(tf.tensor1d([0, 2, 1], 'int32'), 3), 'float32');

function trainer() {
  const { conv2d, maxPooling2d, averagePooling2d, flatten, dense } = tf.layers;
  const kernelInitializer = tf.initializers.glorotNormal({ seed: 5 });
  const model = tf.sequential({
    layers: [
      conv2d({
        filters: 4,
        kernelSize: 3,
        padding: 'same',
        activation: 'relu',
        kernelInitializer,
        inputShape: [8, 7, 2],
      }),
      maxPooling2d({ poolSize: 2 }),
      conv2d({ filters: 3, kernelSize: 2, strides: 2, kernelInitializer, padding: 'same' }),
      averagePooling2d({ poolSize: 2, strides: 1 }),
      flatten(),
      dense({ units: 3, kernelInitializer }),
    ],
  });
  const optimizer = tf.train.momentum(0.1, 0.9);
  const step = (xs: tf.Tensor, ys: tf.Tensor) =>
    optimizer.minimize(() => tf.losses.softmaxCrossEntropy(ys, model.apply(xs) as tf.Tensor) as tf.Scalar, true)!;
  return { model, step };
}

async function expectAlike(options: JitOptions): Promise<void> {
  const [stock, jitted] = [trainer(), trainer()];
  const compiled = await compile(jitted.step, [x(), y()], options);
  for (let i = 0; i < 5; i++) {
    const expected = values(stock.step(x(), y()))[0]!;
    expect(values(await compiled(x(), y()))[0]).toBeCloseTo(expected, 5);
  }
  const weights = (model: tf.LayersModel) => model.getWeights().flatMap(values);
  const expected = weights(stock.model);
  weights(jitted.model).forEach((weight, i) => {
    expect(weight).toBeCloseTo(expected[i]!, 4);
  });
}

test('onnx', () => expectAlike(onnx));

withTensorflow('tensorflow', () => {
  test('operation by operation', () => expectAlike({ backend: 'tensorflow', threads: 1 }));
  test('compiled by XLA', () => expectAlike({ backend: 'tensorflow', threads: 1, xla: true }));
});

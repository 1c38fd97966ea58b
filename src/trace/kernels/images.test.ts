// Convolution and pooling against tfjs' CPU kernels, with all gradients.
import { Random } from '../../rng.js';
import * as tf from '../../tf.js';
import { ensureTraceBackend, type HostArray, inferNode, interpret, optimize, trace, verify } from '../index.js';

type Images = Record<'x' | 'filter', tf.Tensor4D>;
type Case = [string, (images: Images) => tf.Tensor, number[], number[]?];

const [image, kernel] = [
  [2, 7, 6, 3],
  [3, 2, 3, 4],
];

const cases: Case[] = [
  ['conv2d, same', ({ x, filter }) => tf.conv2d(x, filter, 1, 'same'), image!, kernel],
  ['conv2d, valid', ({ x, filter }) => tf.conv2d(x, filter, 1, 'valid'), image!, kernel],
  ['conv2d, stride 2, same', ({ x, filter }) => tf.conv2d(x, filter, 2, 'same'), image!, kernel],
  ['conv2d, strides 3 and 2, valid', ({ x, filter }) => tf.conv2d(x, filter, [3, 2], 'valid'), image!, kernel],
  [
    'conv2d, explicit pads wider than the filter',
    ({ x, filter }) =>
      tf.conv2d(x, filter, 1, [
        [0, 0],
        [3, 1],
        [0, 4],
        [0, 0],
      ]),
    image!,
    kernel,
  ],
  ['conv2d of 1 x 1', ({ x, filter }) => tf.conv2d(x, filter, 1, 'same'), image!, [1, 1, 3, 5]],
  ['conv2d of the whole image', ({ x, filter }) => tf.conv2d(x, filter, 1, 'valid'), image!, [7, 6, 3, 2]],
  [
    'conv2dTranspose',
    ({ x, filter }) => tf.conv2dTranspose(x, filter, [2, 13, 12, 4], 2, 'same'),
    image!,
    [3, 3, 4, 3],
  ],
  [
    'a fused convolution',
    ({ x, filter }) =>
      tf.fused.conv2d({ x, filter, strides: 1, pad: 'same', bias: tf.tensor1d([1, -1, 0, 2]), activation: 'relu' }),
    image!,
    kernel,
  ],
  [
    'conv2d of channels first, explicit pads',
    ({ x, filter }) => {
      const pads: [number, number][] = [
        [0, 0],
        [0, 0],
        [2, 1],
        [0, 1],
      ];
      return tf.conv2d(x, filter, 2, pads as unknown as 'same', 'NCHW', 1, 'floor');
    },
    [2, 3, 7, 6],
    kernel,
  ],
  ['depthwiseConv2d, same', ({ x, filter }) => tf.depthwiseConv2d(x, filter, 1, 'same'), image!, [3, 2, 3, 2]],
  ['depthwiseConv2d, stride 2', ({ x, filter }) => tf.depthwiseConv2d(x, filter, 2, 'valid'), image!, [2, 3, 3, 1]],
  [
    'separableConv2d',
    ({ x, filter }) => tf.separableConv2d(x, filter, tf.ones([1, 1, 6, 2]) as tf.Tensor4D, 1, 'same'),
    image!,
    [3, 3, 3, 2],
  ],
  ['maxPool, 2 by 2', ({ x }) => tf.maxPool(x, 2, 2, 'valid'), image!],
  ['maxPool, 3 by 3, stride 2, same', ({ x }) => tf.maxPool(x, 3, 2, 'same'), image!],
  ['maxPool of equal numbers', ({ x }) => tf.maxPool(tf.sign(x), 3, 1, 'same'), image!],
  ['maxPool, overlapping', ({ x }) => tf.maxPool(tf.relu(x), [3, 2], [1, 2], 'valid'), image!],
  ['avgPool, 2 by 2', ({ x }) => tf.avgPool(x, 2, 2, 'valid'), image!],
  ['avgPool, 3 by 3, stride 2, same', ({ x }) => tf.avgPool(x, 3, 2, 'same'), image!],
];

const random = new Random(3);
const tensor = (shape: number[]) =>
  tf.tensor4d(
    Float32Array.from({ length: tf.util.sizeFromShape(shape) }, () => random.normal()),
    shape as [number, number, number, number],
  );

beforeAll(() => ensureTraceBackend());

// Rest parameters: Jest would take a fourth one for its `done`.
test.each(cases)('%s', (...[, run, shape, filterShape]: Case) => {
  const images = { x: tensor(shape), filter: tensor(filterShape ?? [1, 1, 1, 1]) };
  const variables = new Map(
    Object.entries(images)
      .slice(0, filterShape ? 2 : 1)
      .map(([name, value]) => [name, tf.variable(value)]),
  );
  const weigh = (y: tf.Tensor) => tf.sum(tf.mul(y, tf.sin(tf.reshape(tf.range(1, y.size + 1), y.shape)))) as tf.Scalar;
  const outputs = () => {
    const y = run({ ...images, ...Object.fromEntries(variables) });
    return { y, loss: weigh(y) };
  };
  const graph = trace({ name: 'images', inputs: {}, variables, run: outputs }, { gradients: true });
  verify(graph, inferNode);

  const { grads } = tf.variableGrads(() => outputs().loss, [...variables.values()]);
  const expected: Record<string, tf.Tensor> = { y: outputs().y };
  for (const [name, { name: own }] of variables) expected[`grad:${name}`] = grads[own]!;
  const feeds = Object.fromEntries([...variables].map(([name, value]) => [name, value.dataSync() as HostArray]));
  for (const each of [graph, optimize(graph)]) {
    const results = interpret(each, feeds);
    for (const [name, value] of Object.entries(expected)) {
      const numbers = value.dataSync();
      const scale = Math.max(1, ...numbers.map(Math.abs));
      expect(each.outputs.find((port) => port.name === name)!.value.shape).toEqual(value.shape);
      results[name]!.forEach((number, i) => {
        expect(Math.abs(number - numbers[i]!)).toBeLessThan(1e-5 * scale);
      });
    }
  }
  for (const variable of variables.values()) variable.dispose();
});

test('what tfjs has no gradient for: dilations, windows beyond the image', () => {
  const [x, filter] = [tensor([1, 9, 8, 2]), tensor([3, 2, 2, 3])];
  const run = (inputs: Record<string, tf.Tensor>) => {
    const of = inputs['x'] as tf.Tensor4D;
    return {
      y: tf.conv2d(of, filter, 1, 'same', 'NHWC', [2, 3]),
      z: tf.depthwiseConv2d(of, filter, 1, 'valid', 'NHWC', [2, 3]),
      max: tf.maxPool(of, 3, 3, 1, 'ceil'),
      mean: tf.avgPool(of, 3, 2, 0, 'ceil'),
    };
  };
  const spec = { shape: x.shape, dtype: 'float32' as const };
  const results = interpret(trace({ name: 'dilated', inputs: { x: spec }, variables: new Map(), run }), {
    x: x.dataSync() as Float32Array,
  });
  for (const [name, expected] of Object.entries(run({ x })))
    expected.dataSync().forEach((value, i) => {
      expect(results[name]![i]).toBeCloseTo(value, 4);
    });
});

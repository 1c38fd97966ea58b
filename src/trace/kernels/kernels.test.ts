// Every kernel rule: traced and interpreted, forward and backward, it gives what tfjs' CPU backend gives at once.
import * as tf from '../../tf.js';
import { ensureTraceBackend, type Graph, type HostArray, interpret, optimize, trace, verify } from '../index.js';
import { inferNode, vocabulary } from '../vocabulary/index.js';
import { kernelRules } from './index.js';

type Inputs = Record<string, tf.Tensor>;
type Case = [name: string, run: (inputs: Inputs) => tf.Tensor | tf.Tensor[], options?: { gradient?: boolean }];

const inputs: Record<string, () => tf.Tensor> = {
  a: () => tf.tensor([0.5, -1.25, 2, 0.1, -0.75, 3], [2, 3]),
  b: () => tf.tensor([2, 0.25, -1, 1.5, -2, 0.5], [2, 3]),
  row: () => tf.tensor([1.5, -2, 0.5], [3]),
  unit: () => tf.tensor([0.5, -0.25, 0.9, 0.1, -0.75, 0.3], [2, 3]),
  cube: () =>
    tf.tensor(
      Array.from({ length: 24 }, (_, i) => Math.sin(i * 2.3)),
      [2, 3, 4],
    ),
  i: () => tf.tensor([4, -3, 7, 0, 2, -5], [2, 3], 'int32'),
  j: () => tf.tensor([3, 2, -4, 5, 1, 2], [2, 3], 'int32'),
  ids: () => tf.tensor([2, 0, 1, 2], [4], 'int32'),
  p: () => tf.tensor([1, 0, 1, 0, 0, 1], [2, 3], 'bool'),
  q: () => tf.tensor([1, 1, 0, 0, 1, 1], [2, 3], 'bool'),
};

type Unary = (x: tf.Tensor) => tf.Tensor;
const named = (list: Record<string, Unary>, key: string): Case[] =>
  Object.entries(list).map(([name, f]) => [`${name} of ${key}`, (t) => f(t[key]!)]);

const { neg, sign, abs, square, exp, expm1, sin, cos, tan, sinh, cosh, tanh, asinh, atan, erf, sigmoid, softplus } = tf;
const { relu, relu6, elu, selu, ceil, floor, round, reciprocal, isNaN: isNan, isFinite: finite, isInf } = tf;
const { acos, asin, atanh } = tf;

const cases: Case[] = [
  ...named({ neg, sign, abs, square, exp, expm1, sin, cos, tan, sinh, cosh, tanh, asinh, atan, erf, sigmoid }, 'a'),
  ...named({ softplus, relu, relu6, elu, selu, ceil, floor, round, reciprocal, isNan, finite, isInf }, 'a'),
  ...named({ acos, asin, atanh, log1p: tf.log1p }, 'unit'),
  ...named({ neg, abs, square, sign, relu, exp, round, zerosLike: tf.zerosLike }, 'i'),
  ['log', ({ a }) => tf.log(a!.square())],
  ['sqrt, rsqrt', ({ a }) => tf.sqrt(a!.square()).add(tf.rsqrt(a!.square()))],
  ['acosh', ({ a }) => tf.acosh(a!.square().add(1))],
  ['leakyRelu', ({ a }) => tf.leakyRelu(a!, 0.3)],
  ['prelu', ({ a, row }) => tf.prelu(a!, row!)],
  ['step', ({ a }) => tf.step(a!, 0.5)],
  ['clipByValue', ({ a }) => tf.clipByValue(a!, -1, 1)],
  ['clipByValue of int32', ({ i }) => tf.clipByValue(i!, -2, 3)],
  ['casts', ({ a, i, p }) => [a!.toInt(), a!.toBool(), i!.toFloat(), i!.toBool(), p!.toFloat(), p!.toInt()]],
  ['logicalNot', ({ p }) => tf.logicalNot(p!)],
  ['onesLike', ({ a }) => tf.onesLike(a!)],
  ['add, sub, mul, div with a row', ({ a, row }) => a!.add(row!).mul(row!).sub(a!).div(row!)],
  ['maximum, minimum', ({ a, b }) => tf.maximum(a!, b!).add(tf.minimum(a!, b!.square()))],
  ['maximum, minimum with a row', ({ a, row }) => [tf.maximum(a!, row!), tf.minimum(row!, a!)], { gradient: false }],
  ['squaredDifference', ({ a, b }) => tf.squaredDifference(a!, b!)],
  ['squaredDifference with a row', ({ a, row }) => tf.squaredDifference(a!, row!), { gradient: false }],
  ['pow', ({ a, b }) => tf.pow(a!.abs(), b!)],
  ['atan2', ({ a, b }) => tf.atan2(a!, b!)],
  ['mod', ({ a, b }) => tf.mod(a!, b!)],
  ['floorDiv of floats', ({ a, b }) => tf.floorDiv(a!, b!), { gradient: false }],
  [
    'integers',
    ({ i, j }) => [
      i!.add(j!),
      i!.mul(j!),
      i!.sub(j!),
      tf.floorDiv(i!, j!),
      tf.mod(i!, j!),
      tf.maximum(i!, j!),
      tf.bitwiseAnd(i!, j!),
    ],
  ],
  [
    'comparisons',
    ({ a, row }) => [
      tf.greater(a!, row!),
      tf.greaterEqual(a!, row!),
      tf.less(a!, row!),
      tf.lessEqual(a!, row!),
      tf.equal(a!, row!),
      tf.notEqual(a!, row!),
    ],
    { gradient: false },
  ],
  ['comparisons of booleans', ({ p, q }) => [tf.equal(p!, q!), tf.greater(p!, q!)]],
  ['logic', ({ p, q }) => [tf.logicalAnd(p!, q!), tf.logicalOr(p!, q!), tf.logicalXor(p!, q!)]],
  ['addN', ({ a, b }) => tf.addN([a!, b!, a!])],
  ['where', ({ p, a, b }) => tf.where(p!, a!, b!)],
  ['where with a scalar', ({ p, a }) => tf.where(p!, a!, tf.scalar(-1))],
  [
    'sum, mean over axes',
    ({ cube }) => [cube!.sum(), cube!.sum(1), cube!.mean([0, 2]), cube!.mean(-1, true), cube!.sum([0, 1, 2], true)],
  ],
  ['max, min', ({ cube }) => [cube!.max(1), cube!.min([0, 2], true), cube!.max()]],
  ['prod', ({ cube }) => cube!.prod(1)],
  ['sums of int32 and bool', ({ i, p }) => [i!.sum(0), i!.mean(1), p!.sum(), i!.max(1), p!.max(0)]],
  ['all, any', ({ p }) => [p!.all(0), p!.any(1, true)]],
  ['argMax, argMin', ({ cube }) => [cube!.argMax(1), cube!.argMin(-1)]],
  ['cumsum', ({ cube }) => [tf.cumsum(cube!, 2), tf.cumsum(cube!, 2, true, true)]],
  ['cumsum along another axis', ({ cube }) => tf.cumsum(cube!, 1), { gradient: false }],
  ['cumprod', ({ cube }) => tf.cumprod(cube!, 1, true), { gradient: false }],
  ['softmax', ({ cube }) => tf.softmax(cube!)],
  ['logSoftmax, logSumExp', ({ cube }) => [tf.logSoftmax(cube!), tf.logSumExp(cube!, 1)]],
  ['topk', ({ cube }) => Object.values(tf.topk(cube!, 2)), { gradient: false }],
  [
    'searchSorted',
    ({ a, b }) => [
      tf.searchSorted(
        tf.tensor([
          [-1, 0, 1],
          [0, 0.5, 2],
        ]),
        b!,
      ),
      tf.upperBound(
        tf.tensor([
          [-1, 0.5, 1],
          [0, 0.5, 2],
        ]),
        a!,
      ),
    ],
    { gradient: false },
  ],
  [
    'matMul with every flag',
    ({ a, b }) => [
      tf.matMul(a!, b!, false, true),
      tf.matMul(a!, b!, true, false),
      tf.matMul(a!.transpose(), b!, true, true),
    ],
  ],
  ['batched matMul', ({ cube }) => tf.matMul(cube!, cube!, false, true)],
  [
    'matMul that repeats a batch of one',
    ({ cube }) => tf.matMul(cube!.slice([0, 0, 0], [1, 3, 4]), cube!, false, true),
    { gradient: false },
  ],
  [
    'fused matMul',
    ({ a, b, row }) => tf.fused.matMul({ a: a!, b: b!, transposeA: true, bias: row!, activation: 'relu' }),
  ],
  ['dot', ({ row }) => tf.dot(row!, row!)],
  ['einsum', ({ cube, a }) => tf.einsum('bij, bi -> bj', cube!, a!), { gradient: false }],
  ['batchNorm', ({ a, row }) => tf.batchNorm(a!, row!, row!.square(), row!, row!, 0.01)],
  [
    'reshape, transpose, expandDims, squeeze',
    ({ cube }) => [
      cube!.reshape([4, -1]),
      cube!.transpose(),
      cube!.transpose([1, 0, 2]),
      cube!.expandDims(1),
      cube!.expandDims(-1).squeeze([3]),
    ],
  ],
  ['tile, broadcastTo', ({ a, row }) => [a!.tile([2, 1]), row!.broadcastTo([2, 3]), a!.tile([1, 3])]],
  ['concat, stack', ({ a, b }) => [tf.concat([a!, b!], 0), tf.concat([a!, b!, a!], -1), tf.stack([a!, b!], 1)]],
  ['split, unstack', ({ cube }) => [...tf.split(cube!, [1, 3], 2), ...tf.split(cube!, 3, 1), ...tf.unstack(cube!, 1)]],
  ['slice', ({ cube }) => [cube!.slice([0, 1, 2], [1, -1, 2]), cube!.slice(1), cube!.slice([0, 1])]],
  [
    'stridedSlice',
    ({ cube }) => [
      tf.stridedSlice(cube!, [0, 2, 3], [2, 0, 0], [1, -1, -2]),
      tf.stridedSlice(cube!, [1, 0], [2, 3], [1, 1], 0, 0, 0, 0, 1),
      tf.stridedSlice(cube!, [0, 0, 0, 0], [2, 0, 3, 4], [1, 1, 2, 1], 0, 0, 0, 2),
      tf.stridedSlice(cube!, [0, 0], [0, 2], [1, 1], 0, 0, 1),
      tf.stridedSlice(cube!, [1], [-5], [-1]),
      tf.stridedSlice(cube!, [0, 0, 0], [0, 0, 2], [1, 1, 1], 3, 3),
    ],
    { gradient: false },
  ],
  ['reverse', ({ cube }) => cube!.reverse([0, 2])],
  [
    'pad',
    ({ a }) => [
      tf.pad(
        a!,
        [
          [1, 0],
          [2, 1],
        ],
        7,
      ),
      tf.mirrorPad(
        a!,
        [
          [1, 1],
          [0, 2],
        ],
        'reflect',
      ),
      tf.mirrorPad(
        a!,
        [
          [1, 1],
          [0, 2],
        ],
        'symmetric',
      ),
    ],
  ],
  ['gather', ({ cube, ids }) => [tf.gather(cube!, ids!, 1), tf.gather(cube!, ids!.reshape([2, 2]), 2)]],
  ['gather with batches', ({ cube, ids }) => tf.gather(cube!, ids!.reshape([2, 2]), 1, 1)],
  [
    'gatherND',
    ({ cube }) =>
      tf.gatherND(
        cube!,
        tf.tensor(
          [
            [0, 2],
            [1, 0],
          ],
          [2, 2],
          'int32',
        ),
      ),
    { gradient: false },
  ],
  ['scatterND', ({ a }) => tf.scatterND(tf.tensor([[3], [1]], [2, 1], 'int32'), a!, [5, 3]), { gradient: false }],
  [
    'scatterND adds up',
    ({ ids, a }) => tf.scatterND(ids!.slice(2).reshape([2, 1]).minimum(tf.scalar(1, 'int32')), a!, [5, 3]),
    { gradient: false },
  ],
  [
    'tensorScatterUpdate',
    ({ a, b }) => tf.tensorScatterUpdate(a!, tf.tensor([[1], [0]], [2, 1], 'int32'), b!),
    { gradient: false },
  ],
  [
    'sparseToDense',
    ({ row }) => tf.sparseToDense(tf.tensor([4, 0, 2], [3], 'int32'), row!, [6], tf.scalar(9)),
    { gradient: false },
  ],
  ['unsortedSegmentSum', ({ a }) => tf.unsortedSegmentSum(a!, tf.tensor1d([2, 0], 'int32'), 4)],
  ['oneHot', ({ ids }) => [tf.oneHot(ids!, 4), tf.oneHot(ids!, 2, 5, -1)]],
  ['diag', ({ row }) => tf.diag(row!), { gradient: false }],
  ['clone', ({ a }) => a!.clone()],
  ['moments', ({ cube }) => Object.values(tf.moments(cube!, [1], true))],
  ['norm', ({ cube }) => [tf.norm(cube!), tf.norm(cube!, 'euclidean', 1), tf.norm(cube!, 1, [0, 1])]],
  [
    'huber and softmax losses',
    ({ a, b }) => [tf.losses.huberLoss(a!, b!), tf.losses.softmaxCrossEntropy(tf.softmax(a!), b!)],
  ],
  ['linear algebra by masks', ({ a }) => tf.linalg.bandPart(tf.matMul(a!, a!, true), -1, 0), { gradient: false }],
];

beforeAll(() => ensureTraceBackend());

function numbersOf(tensors: Record<string, tf.Tensor>): Record<string, HostArray> {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, tensor.dataSync() as HostArray]));
}

function expectEqual(graph: Graph, feeds: Record<string, HostArray>, expected: Record<string, tf.Tensor>): void {
  verify(graph, inferNode);
  const results = interpret(graph, feeds);
  for (const { name, value } of graph.outputs) {
    expect([name, value.shape, value.dtype]).toEqual([name, expected[name]!.shape, expected[name]!.dtype]);
    const numbers = [...expected[name]!.dataSync()].map(Number);
    [...results[name]!].forEach((number, i) => {
      if (Math.abs(number - numbers[i]!) > 2e-6 * Math.max(1, Math.abs(number))) expect(number).toBe(numbers[i]);
    });
  }
}

// Rest parameters: Jest would take a third one for its `done`.
test.each(cases)('%s', (...[, run, options]: Case) => {
  const before = tf.memory().numTensors;
  const concrete = Object.fromEntries(Object.entries(inputs).map(([name, make]) => [name, make()]));
  const feeds = numbersOf(concrete);
  const specs = Object.fromEntries(
    Object.entries(concrete).map(([name, { shape, dtype }]) => [name, { shape, dtype: dtype as 'float32' }]),
  );
  const outputs = (given: Inputs) =>
    Object.fromEntries([run(given)].flat().map((tensor, index) => [`out${index}`, tensor]));
  const forward = { name: 'forward', inputs: specs, variables: new Map(), run: outputs };

  const graph = trace(forward);
  tf.tidy(() => {
    const expected = outputs(concrete);
    expectEqual(graph, feeds, expected);
    expectEqual(optimize(graph), feeds, expected);
  });
  expect(graph.nodes.every(({ op }) => Object.hasOwn(vocabulary, op))).toBe(true);

  if (options?.gradient !== false) {
    const variables = new Map(
      Object.entries(concrete)
        .filter(([, { dtype }]) => dtype === 'float32')
        .map(([name, tensor]) => [name, tf.variable(tensor)]),
    );
    const loss = (given: Inputs) => {
      const all = Object.values(outputs({ ...given, ...Object.fromEntries(variables) }));
      const weighed = all.map((x) =>
        x
          .toFloat()
          .mul(tf.range(1, x.size + 1).reshape(x.shape))
          .sum(),
      );
      return tf.addN(weighed).asScalar();
    };
    const others = Object.fromEntries(Object.entries(specs).filter(([name]) => !variables.has(name)));
    const step = { name: 'backward', inputs: others, variables, run: (given: Inputs) => ({ loss: loss(given) }) };
    const backward = trace(step, { gradients: true });
    tf.tidy(() => {
      const { value, grads } = gradientsOf(() => loss(concrete), [...variables.values()]);
      const expected = Object.fromEntries([...variables.keys()].map((name, k) => [`grad:${name}`, grads[k]!]));
      expectEqual(backward, feeds, { loss: value, ...expected });
    });
    for (const variable of variables.values()) variable.dispose();
  }
  for (const tensor of Object.values(concrete)) tensor.dispose();
  expect(tf.memory().numTensors).toBe(before);
});

/** Zeros where tfjs has no gradient. */
function gradientsOf(f: () => tf.Scalar, variables: tf.Variable[]): { value: tf.Tensor; grads: tf.Tensor[] } {
  type Internals = { gradients(...args: unknown[]): { value: tf.Tensor; grads: (tf.Tensor | undefined)[] } };
  const { value, grads } = (tf.engine() as unknown as Internals).gradients(f, variables, null, true);
  return { value, grads: grads.map((gradient, index) => gradient ?? tf.zerosLike(variables[index]!)) };
}

test('a strided slice that drops an axis, where the CPU backend fails', () => {
  const step = {
    name: 'shrink',
    inputs: { x: { shape: [2, 4], dtype: 'float32' as const } },
    variables: new Map(),
    run: ({ x }: Inputs) => ({ y: tf.stridedSlice(x!, [1, 0], [2, 4], [1, 2], 0, 0, 0, 0, 1) }),
  };
  const { y } = interpret(trace(step), { x: Float32Array.from([0, 1, 2, 3, 4, 5, 6, 7]) });
  expect([...y!]).toEqual([4, 6]);
});

test('every rule belongs to a kernel of the CPU backend', () => {
  const kernels = new Set(tf.getKernelsForBackend('cpu').map(({ kernelName }) => kernelName));
  expect(Object.keys(kernelRules).filter((name) => !kernels.has(name))).toEqual([]);
  expect(Object.keys(kernelRules).length).toBeGreaterThan(100);
});

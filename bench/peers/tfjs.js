// The reference training step in stock tfjs, op by op, on one of its own backends: what `gpt-cli pretrain` is measured
// against beside PyTorch. Prints one line of JSON as train.py does.
// The folder of --modules must hold @tensorflow/tfjs and @tensorflow/tfjs-backend-wasm (bench/stock.js installs them).
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const numbers = ['threads', 'layers', 'heads', 'width', 'context', 'batch', 'vocabulary', 'steps', 'warmup'];
const { values } = parseArgs({
  options: {
    ...Object.fromEntries(numbers.map((name) => [name, { type: 'string' }])),
    backend: { type: 'string' },
    modules: { type: 'string' },
  },
});
const size = Object.fromEntries(numbers.map((name) => [name, Number(values[name])]));
const { layers, heads, width, context, batch, vocabulary } = size;
const require = createRequire(join(values.modules, 'package.json'));
const tf = require('@tensorflow/tfjs');
if (values.backend === 'wasm') require('@tensorflow/tfjs-backend-wasm').setThreadsCount(size.threads);
if (!(await tf.setBackend(values.backend))) throw new Error(`tfjs has no working backend ${values.backend}`);

const parameters = [];
const parameter = (shape, initial) => {
  const variable = tf.variable(initial(shape));
  parameters.push(variable);
  return variable;
};
const normal = (shape) => tf.randomNormal(shape, 0, 0.02);
const linear = (from, to) => ({ weight: parameter([from, to], normal), bias: parameter([to], tf.zeros) });
const norm = () => ({ weight: parameter([width], tf.ones), bias: parameter([width], tf.zeros) });

const wte = parameter([vocabulary, width], normal);
const wpe = parameter([context, width], normal);
const blocks = Array.from({ length: layers }, () => ({
  norm1: norm(),
  qkv: linear(width, 3 * width),
  merge: linear(width, width),
  norm2: norm(),
  up: linear(width, 4 * width),
  down: linear(4 * width, width),
}));
const last = norm();

const future = tf.tensor2d(
  Float32Array.from({ length: context ** 2 }, (_, i) => (i % context <= Math.floor(i / context) ? 0 : -1e9)),
  [context, context],
);
const apply = (x, { weight, bias }) => x.matMul(weight).add(bias);
const normalize = (x, { weight, bias }) => {
  const { mean, variance } = tf.moments(x, -1, true);
  return x.sub(mean).mul(variance.add(1e-5).rsqrt()).mul(weight).add(bias);
};
const gelu = (x) =>
  x.mul(0.5).mul(
    x
      .add(x.mul(x).mul(x).mul(0.044715))
      .mul(Math.sqrt(2 / Math.PI))
      .tanh()
      .add(1),
  );
const oneHot = (ids) => tf.oneHot(ids, vocabulary).toFloat(); // gather has no gradient on wasm

function attend(x, block) {
  const split = (part) => part.reshape([batch, context, heads, width / heads]).transpose([0, 2, 1, 3]);
  const [q, k, v] = tf.split(apply(x, block.qkv), 3, 1).map(split);
  const scores = tf.matMul(q, k, false, true).mul(1 / Math.sqrt(width / heads));
  const mixed = tf.matMul(scores.add(future).softmax(), v).transpose([0, 2, 1, 3]);
  return apply(mixed.reshape([batch * context, width]), block.merge);
}

function loss(ids, targets) {
  let x = oneHot(ids)
    .matMul(wte)
    .reshape([batch, context, width])
    .add(wpe)
    .reshape([batch * context, width]);
  for (const block of blocks) {
    x = x.add(attend(normalize(x, block.norm1), block));
    x = x.add(apply(gelu(apply(normalize(x, block.norm2), block.up)), block.down));
  }
  const logits = tf.matMul(normalize(x, last), wte, false, true);
  return logits.logSoftmax().mul(oneHot(targets)).sum(-1).mean().neg();
}

const optimizer = tf.train.adam(1e-3, 0.9, 0.99);
const draw = () =>
  tf.tensor1d(
    Int32Array.from({ length: batch * context }, () => Math.floor(Math.random() * vocabulary)),
    'int32',
  );
const step = () =>
  tf.tidy(() => {
    const [ids, targets] = [draw(), draw()];
    const { value, grads } = tf.variableGrads(() => loss(ids, targets), parameters);
    optimizer.applyGradients(grads);
    return value.dataSync()[0];
  });

let value;
for (let i = 0; i < size.warmup; i++) value = step();
const began = performance.now();
for (let i = 0; i < size.steps; i++) value = step();
const seconds = (performance.now() - began) / 1000;
console.log(
  JSON.stringify({
    tokensPerSecond: (size.steps * batch * context) / seconds,
    peakMemoryMB: (process.resourceUsage().maxRSS * 1024) / 1e6,
    loss: value,
    parameters: parameters.reduce((sum, { size: count }) => sum + count, 0),
    version: tf.version.tfjs,
  }),
);
process.exit(0);

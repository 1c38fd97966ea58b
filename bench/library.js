// Training steps of two small models in stock tfjs and jitted: a net of dense layers on two spirals and a net of
// convolutions on images. The same model, optimizer and numbers; medians of --steps, after two that warm up.
// Needs `npm run build`. --tensorflow also measures the tensorflow engine, which must be set up.
import { parseArgs } from 'node:util';
import * as tf from '@tensorflow/tfjs';
import { jit } from 'gpt-cli/jit';

const { values } = parseArgs({
  options: {
    threads: { type: 'string', default: '2' },
    steps: { type: 'string', default: '20' },
    tensorflow: { type: 'boolean', default: false },
  },
});
const threads = Number(values.threads);
const steps = Number(values.steps);

const seeded = (seed) => ({ kernelInitializer: tf.initializers.glorotNormal({ seed }) });
const { conv2d, dense, flatten, maxPooling2d } = tf.layers;
const models = {
  'dense 2-64-64-2, batch 256': {
    inputs: [256, 2],
    classes: 2,
    layers: () => [
      dense({ units: 64, activation: 'tanh', inputShape: [2], ...seeded(1) }),
      dense({ units: 64, activation: 'tanh', ...seeded(2) }),
      dense({ units: 2, ...seeded(3) }),
    ],
  },
  'convolutions 28x28x1, 16 and 32 filters, batch 32': {
    inputs: [32, 28, 28, 1],
    classes: 10,
    layers: () => [
      conv2d({
        filters: 16,
        kernelSize: 3,
        padding: 'same',
        activation: 'relu',
        inputShape: [28, 28, 1],
        ...seeded(1),
      }),
      maxPooling2d({ poolSize: 2 }),
      conv2d({ filters: 32, kernelSize: 3, padding: 'same', activation: 'relu', ...seeded(2) }),
      maxPooling2d({ poolSize: 2 }),
      flatten(),
      dense({ units: 10, ...seeded(3) }),
    ],
  },
};

/** A training step of a fresh model. */
function trainer({ layers }) {
  const model = tf.sequential({ layers: layers() });
  const optimizer = tf.train.adam(0.001);
  const step = (x, y) =>
    optimizer.minimize(() => tf.losses.softmaxCrossEntropy(y, model.apply(x, { training: true })), true);
  return { model, step };
}

/** Median milliseconds of a step and the loss after them. */
async function measure(step, count) {
  const times = [];
  let last = Number.NaN;
  for (let i = -2; i < count; i++) {
    const start = performance.now();
    const loss = await step();
    [last] = await loss.data();
    if (i >= 0) times.push(performance.now() - start);
    loss.dispose();
  }
  times.sort((a, b) => a - b);
  return { milliseconds: times[Math.floor(times.length / 2)], last, made: count + 2 };
}

function report(name, { milliseconds, last, made }) {
  const time = `${milliseconds.toFixed(2).padStart(10)} ms per step`;
  console.log(`  ${name.padEnd(24)} ${time}, loss after ${made} steps ${last.toFixed(6)}`);
}

await tf.setBackend('cpu');
const engines = { 'jit, onnx': { backend: 'onnx', threads } };
if (values.tensorflow) {
  engines['jit, tensorflow'] = { backend: 'tensorflow', threads };
  engines['jit, tensorflow, XLA'] = { backend: 'tensorflow', threads, xla: true };
}

for (const [name, spec] of Object.entries(models)) {
  console.log(`${name}, ${threads} threads`);
  const x = tf.randomNormal(spec.inputs, 0, 1, 'float32', 7);
  const classes = tf.mod(tf.range(0, spec.inputs[0], 1, 'int32'), tf.scalar(spec.classes, 'int32'));
  const y = tf.cast(tf.oneHot(classes, spec.classes), 'float32');
  const { model, step } = trainer(spec);
  const count = spec.inputs.length > 2 ? 1 : steps; // with convolutions tfjs takes seconds per step
  report('tfjs, cpu', await measure(async () => tf.tidy(() => step(x, y)), count));
  model.dispose();
  for (const [engine, options] of Object.entries(engines)) {
    const { model, step } = trainer(spec);
    const compiled = await jit(step, [x, y], options);
    report(engine, await measure(() => compiled(x, y), steps));
    await compiled.dispose();
    model.dispose();
  }
}

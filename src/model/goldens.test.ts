// The model against PyTorch: test/goldens/model-*.json and llama-*.json, written by scripts/goldens/model.py and llama.py.
import { adamw, definedUpdater, FlatMemory, gradientNorm, updateAll } from '../optimizer/index.js';
import * as tf from '../tf.js';
import { Gpt } from './gpt.js';
import { parameterSpecs } from './registry.js';
import { lossStep } from './steps.js';
import { assign, feed, gradients } from './testing/eager.js';
import { goldenOf } from './testing/golden.js';

/** The largest difference, relative to the largest magnitude expected. */
function relative(actual: ArrayLike<number>, expected: readonly number[]): number {
  expect(actual.length).toBe(expected.length);
  const most = Math.max(...expected.map(Math.abs));
  return Math.max(...expected.map((value, i) => Math.abs(actual[i]! - value))) / most;
}

const gpt2 = ['learned', 'sinusoidal', 'rope', 'no-bias', 'gelu', 'relu', 'silu'].map((name) => `model-${name}`);
const scalings = ['linear', 'dynamic', 'dynamic-beyond', 'llama3', 'yarn', 'yarn-mscale', 'yarn-factor'];
const llama = ['plain', 'window', 'window-mixed', ...scalings].map((name) => `llama-${name}`);

describe.each([...gpt2, ...llama])('%s equals PyTorch', (name) => {
  const golden = goldenOf(name);
  const shape = { batchSize: golden.ids.length, time: golden.ids[0]!.length };
  const batch = { ids: golden.ids.flat(), targets: golden.targets.flat() };
  let gpt: Gpt;

  beforeAll(async () => {
    gpt = await Gpt.create(golden.config);
    for (const [parameter, data] of Object.entries(golden.parameters)) assign(gpt, parameter, data);
  });
  afterAll(() => gpt.dispose());

  test('in its parameters and their names', () => {
    expect([...gpt.variables.keys()]).toEqual(Object.keys(golden.parameters));
  });

  test('in its logits', () => {
    const ids = tf.tensor2d(golden.ids, undefined, 'int32');
    expect(relative(gpt.logits(ids).dataSync(), golden.logits)).toBeLessThan(1e-4);
  });

  test('in its loss and the gradient of every parameter', () => {
    const step = lossStep(gpt, shape);
    const { loss, gradients: found } = gradients(step, feed(step, batch));
    expect(relative(loss.dataSync(), [golden.loss])).toBeLessThan(1e-4);
    for (const [parameter, expected] of Object.entries(golden.gradients)) {
      expect({ parameter, off: relative(found.get(parameter)!.dataSync(), expected) < 1e-4 }).toEqual({
        parameter,
        off: true,
      });
    }
  });

  test('in the losses and gradient norms of ten AdamW steps with clipping', async () => {
    const { learningRate, losses, gradNorms, ...options } = golden.adamw;
    const step = lossStep(gpt, shape);
    const specs = parameterSpecs(golden.config);
    const memory = new FlatMemory(specs, adamw);
    const updater = definedUpdater(memory, options);
    for (const { name } of specs) memory.view('parameter', name).set(golden.parameters[name]!);
    for (const [i, expected] of losses.entries()) {
      const found = tf.tidy(() => {
        for (const { name } of specs) assign(gpt, name, memory.view('parameter', name).slice());
        const { loss, gradients: slopes } = gradients(step, feed(step, batch));
        for (const { name } of specs) memory.view('gradient', name).set(slopes.get(name)!.dataSync<'float32'>());
        return loss.dataSync()[0]!;
      });
      const norm = gradientNorm(memory);
      expect(relative([found], [expected])).toBeLessThan(1e-4);
      expect(relative([norm], [gradNorms[i]!])).toBeLessThan(1e-4);
      await updateAll(memory, options, { learningRate, iteration: i + 1 }, norm, updater);
    }
  });
});

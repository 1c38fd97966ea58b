// The model against PyTorch: test/goldens/model-*.json, written by scripts/goldens/model.py.
import { adamw, clipScale, coefficients } from '../optimizer/index.js';
import * as tf from '../tf.js';
import { parameterSpecs } from './config.js';
import { Gpt } from './gpt.js';
import { lossStep } from './steps.js';
import { assign, feed, gradients } from './testing/eager.js';
import { modelGolden } from './testing/golden.js';

/** The largest difference, relative to the largest magnitude expected. */
function relative(actual: ArrayLike<number>, expected: readonly number[]): number {
  expect(actual.length).toBe(expected.length);
  const most = Math.max(...expected.map(Math.abs));
  return Math.max(...expected.map((value, i) => Math.abs(actual[i]! - value))) / most;
}

describe.each(['learned', 'sinusoidal', 'rope', 'no-bias'])('a GPT with %s equals PyTorch', (name) => {
  const golden = modelGolden(name);
  const shape = { batchSize: golden.ids.length, time: golden.ids[0]!.length };
  const batch = { ids: golden.ids.flat(), targets: golden.targets.flat() };
  let gpt: Gpt;

  beforeAll(() => {
    gpt = new Gpt(golden.config);
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

  test('in the losses and gradient norms of ten AdamW steps with clipping', () => {
    const { learningRate, losses, gradNorms, ...options } = golden.adamw;
    const step = lossStep(gpt, shape);
    const specs = parameterSpecs(golden.config);
    const state = specs.map(({ name }) => {
      const parameters = Float32Array.from(golden.parameters[name]!);
      return { parameters, first: parameters.map(() => 0), second: parameters.map(() => 0) };
    });
    const found = losses.map((_, i) =>
      tf.tidy(() => {
        specs.forEach(({ name }, k) => {
          assign(gpt, name, state[k]!.parameters);
        });
        const { loss, gradients: slopes } = gradients(step, feed(step, batch));
        const arrays = specs.map(({ name }) => slopes.get(name)!.dataSync<'float32'>());
        const norm = Math.sqrt(arrays.flatMap((a) => [...a]).reduce((sum, x) => sum + x * x, 0));
        const scale = clipScale(norm, options.gradClip);
        specs.forEach(({ decay }, k) => {
          const { parameters, first, second } = state[k]!;
          const folded = coefficients(options, { learningRate, iteration: i + 1 }, decay, scale);
          adamw(parameters, arrays[k]!, first, second, folded);
        });
        return { loss: loss.dataSync()[0]!, norm };
      }),
    );
    losses.forEach((loss, i) => {
      expect(relative([found[i]!.loss], [loss])).toBeLessThan(1e-4);
      expect(relative([found[i]!.norm], [gradNorms[i]!])).toBeLessThan(1e-4);
    });
  });
});

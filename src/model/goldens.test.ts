// The model against PyTorch: test/goldens/model-*.json, written by scripts/goldens/model.py.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '../tf.js';
import type { GptConfig } from './config.js';
import { Gpt } from './gpt.js';
import { lossStep } from './steps.js';
import { assign, feed, gradients } from './testing/eager.js';

interface Golden {
  config: GptConfig;
  parameters: Record<string, number[]>;
  ids: number[][];
  targets: number[][];
  logits: number[];
  loss: number;
  gradients: Record<string, number[]>;
  adamw: Record<'learningRate' | 'weightDecay' | 'beta1' | 'beta2' | 'epsilon' | 'gradClip', number> & {
    losses: number[];
    gradNorms: number[];
  };
}

/** The largest difference, relative to the largest magnitude expected. */
function relative(actual: ArrayLike<number>, expected: readonly number[]): number {
  expect(actual.length).toBe(expected.length);
  const most = Math.max(...expected.map(Math.abs));
  return Math.max(...expected.map((value, i) => Math.abs(actual[i]! - value))) / most;
}

describe.each(['learned', 'sinusoidal', 'rope', 'no-bias'])('a GPT with %s equals PyTorch', (name) => {
  const path = join(__dirname, '../../test/goldens', `model-${name}.json`);
  const golden = JSON.parse(readFileSync(path, 'utf8')) as Golden;
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
});

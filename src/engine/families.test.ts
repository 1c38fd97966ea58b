// Every family on every engine: the same losses and the same weights as tfjs op by op, in training, decoding and with adapters.
import {
  Classifier,
  classifierLossStep,
  Gpt,
  type GptConfig,
  headSpec,
  initialize,
  type LoraConfig,
  loraSpecs,
  lossStep,
  type ParameterSpec,
  parameterSpecs,
  withTrainable,
} from '../model/index.js';
import { familyCases } from '../model/testing/families.js';
import { Random } from '../rng.js';
import { createEagerEngine } from './eager/engine.js';
import { compiledEngines } from './testing/engines.js';
import type { Engine, StepFunction } from './types.js';

const options = { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.1, gradClip: 1 };
const shape = { batchSize: 2, time: 8 };

/** What three steps give: the losses, and at the end every parameter. */
async function trained(engine: Engine, specs: readonly ParameterSpec[], step: StepFunction, labels = false) {
  const state = await engine.createState(specs, { training: true });
  for (const { name, data } of initialize(specs, 1337)) await state.write('parameter', name, data);
  const program = await engine.compileTraining(step, state, options);
  const losses: number[] = [];
  for (let iteration = 1; iteration <= 3; iteration++) {
    const random = new Random(iteration);
    const draw = (length: number, below: number) => Int32Array.from({ length }, () => random.integer(below));
    const feeds = {
      ids: draw(16, 13),
      targets: draw(16, 13),
      ...(labels && { labels: draw(2, 3), positions: Int32Array.of(7, 4) }),
      ...(step.inputs['seed'] && { seed: Int32Array.of(5), step: Int32Array.of(iteration) }),
    };
    const { loss } = await program.step([feeds], { learningRate: 0.01, iteration });
    losses.push(loss);
  }
  const parameters = new Map<string, Float32Array>();
  for (const { name } of specs) parameters.set(name, await state.read('parameter', name));
  await program.dispose();
  await state.dispose();
  return { losses, parameters };
}

type Trained = Awaited<ReturnType<typeof trained>>;

function expectSame(found: Trained, expected: Trained): void {
  found.losses.forEach((loss, i) => {
    expect(Math.abs(loss / expected.losses[i]! - 1)).toBeLessThan(1e-5);
  });
  for (const [name, values] of expected.parameters) {
    const off = Math.max(...found.parameters.get(name)!.map((value, i) => Math.abs(value - values[i]!)));
    expect({ name, near: off < 2e-4 }).toEqual({ name, near: true });
  }
}

const lora: LoraConfig = { rank: 2, alpha: 3 };

/** What is trained of a family: the whole model with dropout and recomputed blocks, or adapters and a classifier's head. */
const runs: Record<string, (config: GptConfig) => Promise<[ParameterSpec[], StepFunction, boolean]>> = {
  'language modelling': async (config) => {
    const gpt = await Gpt.create({ ...config, dropout: 0.2 } as GptConfig, { recompute: true });
    return [parameterSpecs(config), lossStep(gpt, shape), false];
  },
  'a classifier with adapters': async (config) => {
    const classifier = new Classifier(await Gpt.create(config, { lora }), 3);
    const body = parameterSpecs(config);
    const all = [...body, ...loraSpecs(body, lora), headSpec(config, 3)];
    return [withTrainable(all, { adaptersOnly: true }), classifierLossStep(classifier, shape, { lmCoef: 0.5 }), true];
  },
};

describe.each(Object.entries(compiledEngines))('%s', (name, open) => {
  let engine: Engine;
  let oracle: Engine;
  beforeAll(async () => {
    engine = await open();
    oracle = await createEagerEngine({ device: 'cpu' });
  });
  afterAll(async () => {
    await engine.dispose();
    await oracle.dispose();
  });

  // Compiling takes its time: TensorFlow is asked for what its lowerings could do wrong.
  const kinds = Object.keys(runs).filter((kind) => name !== 'tensorflow xla' || kind === 'language modelling');
  const cases = Object.entries(familyCases).filter(([of]) => name === 'onnx' || /narrow|grouped/.test(of));
  describe.each(kinds)('%s', (kind) => {
    test.each(cases)('%s', async (_name, config) => {
      const [specs, step, labels] = await runs[kind]!(config);
      const expected = await trained(oracle, specs, step, labels);
      expect(expected.losses.every(Number.isFinite)).toBe(true);
      expectSame(await trained(engine, specs, step, labels), expected);
    });
  });
});

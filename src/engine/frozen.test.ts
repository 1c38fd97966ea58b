// Training with adapters over frozen weights in 8 and 4 bits: the same loss and gradients as over the dequantized weights in float32,
// on every engine that keeps weights so.
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
import { formatOf, type Scheme, schemeNames } from '../quantization/index.js';
import { Random } from '../rng.js';
import { HostState } from './host-state.js';
import { hostEngines } from './testing/engines.js';
import type { ArraySpec, Engine, Feeds, StepFunction } from './types.js';

const lora: LoraConfig = { rank: 2, alpha: 3 };
const shape = { batchSize: 2, time: 8 };
const options = { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.1, gradClip: 1 };

const packed = (specs: readonly ParameterSpec[], scheme: Scheme): ArraySpec[] =>
  specs.map((spec: ArraySpec & ParameterSpec) =>
    spec.trainable === false ? { ...spec, quantized: formatOf(spec, scheme) } : spec,
  );

interface Task {
  readonly specs: ParameterSpec[];
  readonly step: StepFunction;
  readonly feeds: Feeds;
}

const draw = (random: Random, length: number, below: number) =>
  Int32Array.from({ length }, () => random.integer(below));

/** Language modelling reads the token table twice: its rows, and as the output projection. */
async function languageTask(config: GptConfig): Promise<Task> {
  const body = parameterSpecs(config);
  const specs = withTrainable([...body, ...loraSpecs(body, lora)], { adaptersOnly: true });
  const random = new Random(1);
  const feeds = { ids: draw(random, 16, 13), targets: draw(random, 16, 13) };
  return { specs, step: lossStep(await Gpt.create(config, { lora }), shape), feeds };
}

async function labelTask(config: GptConfig): Promise<Task> {
  const body = parameterSpecs(config);
  const specs = withTrainable([...body, ...loraSpecs(body, lora), headSpec(config, 3)], { adaptersOnly: true });
  const classifier = new Classifier(await Gpt.create(config, { lora, recompute: true }), 3);
  const random = new Random(2);
  const feeds = { ids: draw(random, 16, 13), labels: draw(random, 2, 3), positions: Int32Array.of(7, 4) };
  return { specs, step: classifierLossStep(classifier, shape, { lmCoef: 0 }), feeds };
}

/** Values with adapters that are not zero. */
function valuesOf(specs: readonly ParameterSpec[]): Map<string, Float32Array> {
  const random = new Random(3);
  return new Map(
    [...initialize(specs, 1337)].map(({ name, data }) => [
      name,
      name.includes('lora_B') ? data.map(() => 0.1 * random.normal()) : data,
    ]),
  );
}

/** Loss and gradients of a step, and every parameter after it. */
async function stepOf(engine: Engine, specs: readonly ArraySpec[], { step, feeds }: Task, values: Values) {
  const state = await engine.createState(specs, { training: true });
  for (const { name } of specs) await state.write('parameter', name, values.get(name)!);
  const before = new Map<string, Float32Array>();
  for (const { name } of specs) before.set(name, await state.read('parameter', name));
  const program = await engine.compileTraining(step, state, options);
  const { loss } = await program.step([feeds], { learningRate: 0.01, iteration: 1 });
  const gradients = new Map<string, Float32Array>();
  for (const { name, trainable } of specs)
    if (trainable !== false) gradients.set(name, await state.read('gradient', name));
  const unchanged: string[] = [];
  for (const { name } of specs) {
    const [old, now] = [before.get(name)!, await state.read('parameter', name)];
    if (old.every((value, i) => Object.is(value, now[i]))) unchanged.push(name);
  }
  await program.dispose();
  await state.dispose();
  return { loss, gradients, before, unchanged };
}

type Values = ReadonlyMap<string, Float32Array>;

function relativeError(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  let [off, size] = [0, 0];
  for (let i = 0; i < expected.length; i++) {
    off += (found[i]! - expected[i]!) ** 2;
    size += expected[i]! ** 2;
  }
  return size === 0 ? Math.sqrt(off) : Math.sqrt(off / size);
}

describe.each(Object.entries(hostEngines))('%s', (name, open) => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await open();
  });
  afterAll(() => engine.dispose());

  const wanted = name === 'onnx' ? /narrow|untied|^qwen3$/ : /narrow/;
  const wide = { ...familyCases['llama']!, nEmbd: 80, headDim: 20, ffnSize: 130 } as GptConfig;
  const cases = Object.entries({ ...familyCases, 'llama, tied, narrow blocks of 64': wide })
    .filter(([of]) => wanted.test(of))
    .map(([of, config]) => [of, { ...config, nLayer: 1 } as GptConfig] as const);
  describe.each(schemeNames)('%s', (scheme) => {
    test.each(cases)('%s', async (_of, config) => {
      for (const task of [await languageTask(config), await labelTask(config)]) {
        const values = valuesOf(task.specs);
        const found = await stepOf(engine, packed(task.specs, scheme), task, values);
        const expected = await stepOf(engine, task.specs, task, found.before);
        expect(Math.abs(found.loss / expected.loss - 1)).toBeLessThan(1e-6);
        for (const [array, gradient] of expected.gradients)
          expect({ array, near: relativeError(found.gradients.get(array)!, gradient) < 1e-5 }).toEqual({
            array,
            near: true,
          });
        const frozen = task.specs.filter((spec: ArraySpec) => spec.trainable === false).map((spec) => spec.name);
        expect(found.unchanged).toEqual(frozen);
        // Rounding is not nothing, or the test would compare a model with itself.
        const matrix = task.specs.find(({ adapted }) => adapted)!.name;
        expect(relativeError(found.before.get(matrix)!, values.get(matrix)!)).toBeGreaterThan(1e-4);
      }
    });
  });
});

test('a frozen matrix has neither a gradient nor slots nor float32 numbers', () => {
  const frozen = { name: 'w', shape: [128, 64], decay: true, trainable: false, quantized: { bits: 8, outputAxis: 0 } };
  const state = new HostState([frozen as ArraySpec, { name: 'a', shape: [4], decay: true }], { training: true });
  expect(state.slots('w')).toEqual([]);
  expect(() => state.view('parameter', 'w')).toThrow('w is not kept in float32');
  const weight = state.weight('w');
  expect('matrix' in weight && weight.matrix.codes.byteLength + weight.matrix.scales.byteLength).toBe(
    128 * 64 + 128 * 4,
  );
});

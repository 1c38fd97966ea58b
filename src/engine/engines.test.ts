// What every engine promises, on a small GPT: the same gradients, the same steps, nothing touched that should not be.

import type { Gpt2Config } from '../model/families/gpt2/config.js';
import { Gpt } from '../model/gpt.js';
import {
  Classifier,
  classifierLossStep,
  type GptConfig,
  headSpec,
  initialize,
  logitsStep,
  lossStep,
  type ParameterSpec,
  parameterSpecs,
} from '../model/index.js';
import { gpt2Of } from '../model/testing/eager.js';
import { familyCases } from '../model/testing/families.js';
import { type ChoiceGolden, finetuneGolden, goldenOf } from '../model/testing/golden.js';
import { Random } from '../rng.js';
import * as tf from '../tf.js';
import { createEagerEngine } from './eager/engine.js';
import { createOnnxEngine } from './onnx/engine.js';
import { compiledEngines } from './testing/engines.js';
import type { ArraySpec, Engine, Feeds, State } from './types.js';

const engines = {
  ...compiledEngines,
  'onnx, as for webgpu': () => createOnnxEngine({ device: 'cpu', threads: 2, stateOnDevice: true, dialect: 'webgpu' }),
  eager: () => createEagerEngine({ device: 'cpu' }),
};

const config: GptConfig = {
  vocabSize: 13,
  blockSize: 8,
  nLayer: 2,
  nHead: 2,
  nEmbd: 16,
  dropout: 0.3,
  bias: true,
  position: 'learned',
  layerNormEpsilon: 1e-5,
};
const options = { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.1, gradClip: 1 };

function batch(seed: number, batchSize: number, time: number): Feeds {
  const random = new Random(seed);
  const draw = () => Int32Array.from({ length: batchSize * time }, () => random.integer(config.vocabSize));
  return { ids: draw(), targets: draw() };
}

async function initialized(engine: Engine, specs: readonly (ParameterSpec & ArraySpec)[]): Promise<State> {
  const state = await engine.createState(specs, { training: true });
  for (const { name, data } of initialize(specs, 1337)) await state.write('parameter', name, data);
  return state;
}

/** The largest difference, relative to the largest number. */
const relativeError = (a: Float32Array, b: Float32Array) =>
  Math.max(...a.map((x, i) => Math.abs(x - b[i]!))) / Math.max(...b.map(Math.abs));

const all = async (state: State) =>
  Promise.all(
    state.specs.map(async ({ name }) => Buffer.from((await state.read('parameter', name)).buffer).toString('hex')),
  );

describe.each(Object.entries(engines))('%s', (_, open) => {
  let engine: Engine;
  const models: Gpt[] = [];
  const made = (changes: Partial<Gpt2Config> = {}) => {
    const gpt = gpt2Of({ ...config, ...changes });
    models.push(gpt);
    return gpt;
  };
  beforeAll(async () => {
    engine = await open();
  });
  afterEach(() => {
    for (const gpt of models.splice(0)) gpt.dispose();
  });

  test.each(['model-learned', 'model-rope', 'model-no-bias', 'llama-dynamic-beyond', 'llama-window', 'llama-yarn'])(
    'trains as PyTorch: ten losses and norms, %s',
    async (kind) => {
      const { config: goldenConfig, parameters, ids, targets, logits, adamw } = goldenOf(kind);
      const { learningRate, losses, gradNorms, ...optimizer } = adamw;
      const gpt = await Gpt.create(goldenConfig);
      models.push(gpt);
      const shape = { batchSize: ids.length, time: ids[0]!.length };
      const state = await engine.createState(parameterSpecs(goldenConfig), { training: true });
      for (const [parameter, data] of Object.entries(parameters))
        await state.write('parameter', parameter, Float32Array.from(data));
      const feeds = { ids: Int32Array.from(ids.flat()), targets: Int32Array.from(targets.flat()) };

      const last = Int32Array.of(2, 4);
      const answer = await (await engine.compile(logitsStep(gpt, shape), state)).run({ ids: feeds.ids, last });
      last.forEach((t, b) => {
        for (let v = 0; v < goldenConfig.vocabSize; v++)
          expect(answer['logits']![b * goldenConfig.vocabSize + v]).toBeCloseTo(
            logits[(b * shape.time + t) * goldenConfig.vocabSize + v]!,
            4,
          );
      });

      const program = await engine.compileTraining(lossStep(gpt, shape), state, optimizer);
      for (const [i, loss] of losses.entries()) {
        const result = await program.step([feeds], { learningRate, iteration: i + 1 });
        expect(Math.abs(result.loss / loss - 1)).toBeLessThan(1e-4);
        expect(Math.abs(result.gradNorm / gradNorms[i]! - 1)).toBeLessThan(1e-4);
        expect(result.updated).toBe(true);
      }
      await program.dispose();
    },
  );

  test('a batch divided into micro-batches has the loss and the gradients of the whole, to 1e-6', async () => {
    const gpt = made(); // with dropout: every row keeps its masks
    const [rows, time] = [8, 8];
    const { ids, targets } = batch(1, rows, time) as { ids: Int32Array; targets: Int32Array };
    // Row r has r + 1 targets: a mean of the micro-batches' means would be another one.
    const masked = targets.map((target, place) => (place % time <= Math.floor(place / time) ? target : -1));
    const total = masked.filter((target) => target >= 0).length;
    const micro = (batchSize: number, count: number) =>
      Array.from({ length: count }, (_, i) => {
        const part = (all: Int32Array, filling: number) =>
          Int32Array.from({ length: batchSize * time }, (_, place) => all[i * batchSize * time + place] ?? filling);
        return {
          ids: part(ids, 0),
          targets: part(masked, -1),
          tokenTotal: Float32Array.of(total),
          seed: Int32Array.of(7),
          step: Int32Array.of(3),
          firstRow: Int32Array.of(i * batchSize),
        };
      });
    const specs = parameterSpecs(gpt.config);
    const stepOf = async (batchSize: number, count: number) => {
      const state = await initialized(engine, specs);
      const step = lossStep(gpt, { batchSize, time }, { partial: true });
      const program = await engine.compileTraining(step, state, { ...options, gradClip: 0 });
      const result = await program.step(micro(batchSize, count), { learningRate: 0.01, iteration: 1 });
      const gradients = await Promise.all(specs.map(({ name }) => state.read('firstMoment', name)));
      await program.dispose();
      return { ...result, gradients };
    };
    const whole = await stepOf(8, 1);
    for (const [batchSize, count] of [
      [4, 2],
      [3, 3], // the last one has a row without data
      [1, 8],
    ] as const) {
      const divided = await stepOf(batchSize, count);
      expect(Math.abs(divided.loss / whole.loss - 1)).toBeLessThan(1e-6);
      expect(Math.abs(divided.gradNorm / whole.gradNorm - 1)).toBeLessThan(1e-6);
      for (const [i, { name }] of specs.entries())
        expect({ name, same: relativeError(divided.gradients[i]!, whole.gradients[i]!) < 1e-6 }).toEqual({
          name,
          same: true,
        });
    }
  });

  test('a loss that is not finite leaves the state as it was', async () => {
    const gpt = made({ dropout: 0 });
    const state = await initialized(engine, parameterSpecs(gpt.config));
    const weight = await state.read('parameter', 'h.1.mlp.c_fc.bias');
    weight[0] = Number.NaN;
    await state.write('parameter', 'h.1.mlp.c_fc.bias', weight);
    const before = await all(state);
    const program = await engine.compileTraining(lossStep(gpt, { batchSize: 2, time: 8 }), state, options);
    const result = await program.step([batch(1, 2, 8)], { learningRate: 0.01, iteration: 1 });
    expect(result).toMatchObject({ updated: false, loss: Number.NaN });
    expect(await all(state)).toEqual(before);
    expect((await state.read('firstMoment', 'wte.weight')).every((x) => x === 0)).toBe(true);
  });

  test('an array with a scaled learning rate moves as one that is trained at that rate', async () => {
    const gpt = made({ dropout: 0 });
    const slow = ({ name }: { name: string }) => name.startsWith('h.0.') || name.startsWith('w');
    const trainedAt = async (learningRate: number, learningRateScale?: number) => {
      const specs = parameterSpecs(gpt.config).map((spec) =>
        slow(spec) && learningRateScale !== undefined ? { ...spec, learningRateScale } : spec,
      );
      const state = await initialized(engine, specs);
      const program = await engine.compileTraining(lossStep(gpt, { batchSize: 2, time: 8 }), state, options);
      await program.step([batch(1, 2, 8)], { learningRate, iteration: 1 });
      return Promise.all(specs.map(({ name }) => state.read('parameter', name)));
    };
    const [fast, quarter, mixed] = [await trainedAt(0.01), await trainedAt(0.0025), await trainedAt(0.01, 0.25)];
    const far = (a: Float32Array, b: Float32Array) => Math.max(...a.map((x, i) => Math.abs(x - b[i]!)));
    for (const [i, spec] of parameterSpecs(gpt.config).entries()) {
      const [own, other] = slow(spec) ? [quarter[i]!, fast[i]!] : [fast[i]!, quarter[i]!];
      expect(far(mixed[i]!, own)).toBeLessThan(1e-6);
      expect(far(mixed[i]!, other)).toBeGreaterThan(1e-3);
    }
  });

  test('multiple choice trains as PyTorch: loss and gradient norm, an absent choice included', async () => {
    const golden = finetuneGolden<ChoiceGolden>('choice');
    const { parameters, ids, targets, positions, counts, labels, lmCoef } = golden;
    const gpt = made(golden.config);
    const classifier = new Classifier(gpt, 1);
    const specs = [...parameterSpecs(golden.config), headSpec(golden.config, 1)];
    const state = await engine.createState(specs, { training: true });
    for (const { name } of specs) await state.write('parameter', name, Float32Array.from(parameters[name]!));
    const shape = { batchSize: 2, time: ids[0]!.length };
    const program = await engine.compileTraining(
      classifierLossStep(classifier, shape, { lmCoef, choices: 3 }),
      state,
      options,
    );
    const feeds = {
      ids: Int32Array.from([...ids.flat(), ...ids[0]!]),
      targets: Int32Array.from([...targets.flat(), ...ids[0]!.map(() => -1)]),
      labels: Int32Array.from(labels),
      positions: Int32Array.from([...positions, 0]),
      choices: Int32Array.from(counts),
    };
    const { loss, gradNorm } = await program.step([feeds], { learningRate: 0.01, iteration: 1 });
    const squares = Object.values(golden.gradients).flatMap((values) => values.map((x) => x * x));
    expect(Math.abs(loss / golden.loss - 1)).toBeLessThan(1e-5);
    expect(Math.abs(gradNorm / Math.sqrt(squares.reduce((a, b) => a + b)) - 1)).toBeLessThan(1e-4);
    classifier.dispose();
  });

  test('what is frozen stays, and has no moments', async () => {
    const gpt = made({ dropout: 0 });
    const specs = parameterSpecs(gpt.config).map((spec) => ({ ...spec, trainable: spec.name.startsWith('h.1.') }));
    const state = await initialized(engine, specs);
    const before = await all(state);
    const program = await engine.compileTraining(lossStep(gpt, { batchSize: 2, time: 8 }), state, options);
    await program.step([batch(1, 2, 8)], { learningRate: 0.01, iteration: 1 });
    const after = await all(state);
    expect(specs.map((_, i) => before[i] !== after[i])).toEqual(specs.map(({ trainable }) => trainable));
    await expect(state.read('firstMoment', 'wte.weight')).rejects.toThrow('wte.weight is not trained');
  });

  test('dropout follows (seed, step) and nothing else', async () => {
    const gpt = made();
    const state = await initialized(engine, parameterSpecs(gpt.config));
    const program = await engine.compile(lossStep(gpt, { batchSize: 2, time: 8 }), state);
    const loss = async (seed: number, step: number) =>
      (await program.run({ ...batch(1, 2, 8), seed: Int32Array.of(seed), step: Int32Array.of(step) }))['loss']![0]!;
    const first = await loss(1, 1);
    expect(await loss(1, 2)).not.toBe(first);
    expect(await loss(2, 1)).not.toBe(first);
    expect(await loss(1, 1)).toBe(first);
  });

  test('a wrong feed is an error that names it', async () => {
    const gpt = made({ dropout: 0 });
    const state = await engine.createState(parameterSpecs(gpt.config), { training: false });
    const program = await engine.compile(lossStep(gpt, { batchSize: 2, time: 8 }), state);
    const { ids, targets } = batch(1, 2, 8) as { ids: Int32Array; targets: Int32Array };
    const refused = (feeds: Feeds, message: string) => expect(program.run(feeds)).rejects.toThrow(message);
    await refused({ ids }, 'was not given its input targets: Int32Array of 16');
    await refused({ ids, targets, more: ids }, 'has no input "more"');
    await refused({ ids, targets: targets.slice(1) }, 'must be Int32Array of 16, got Int32Array of 15');
    await refused({ ids, targets: Float32Array.from(targets) }, 'got Float32Array of 16');
  });

  test('a state of the wrong shapes, or made for inference, is refused', async () => {
    const gpt = made({ dropout: 0 });
    const step = lossStep(gpt, { batchSize: 2, time: 8 });
    const specs = parameterSpecs(gpt.config);
    const small = await engine.createState(specs.slice(1), { training: true });
    await expect(engine.compile(step, small)).rejects.toThrow(
      'wte.weight of shape [13,16], the state has no such array',
    );
    const inference = await engine.createState(specs, { training: false });
    await expect(engine.compileTraining(step, inference, options)).rejects.toThrow('made for inference');
    await expect(inference.write('parameter', 'ln_f.bias', new Float32Array(3))).rejects.toThrow('was given 3');
  });

  test('leaves no tensor behind and the variables without numbers', async () => {
    const gpt = made({ dropout: 0 });
    const before = tf.memory().numTensors;
    const state = await initialized(engine, parameterSpecs(gpt.config));
    const program = await engine.compileTraining(lossStep(gpt, { batchSize: 2, time: 8 }), state, options);
    for (let i = 1; i <= 3; i++) await program.step([batch(i, 2, 8)], { learningRate: 0.01, iteration: i });
    await program.dispose();
    await state.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});

test('dropout has the same masks on every engine', async () => {
  const losses = [];
  for (const open of Object.values(engines)) {
    const engine = await open();
    const gpt = gpt2Of(config);
    const state = await initialized(engine, parameterSpecs(config));
    const program = await engine.compile(lossStep(gpt, { batchSize: 2, time: 8 }), state);
    const feeds = { ...batch(1, 2, 8), seed: Int32Array.of(-5), step: Int32Array.of(123456) };
    losses.push((await program.run(feeds))['loss']![0]!);
    gpt.dispose();
  }
  for (const loss of losses) expect(Math.abs(loss / losses[0]! - 1)).toBeLessThan(1e-6);
});

/** Long enough for attention in blocks, the last of which is short. */
const long = { ...config, nLayer: 1, blockSize: 400 };

const windowed = {
  ...{ ...familyCases['llama, sliding window']!, nLayer: 1, blockSize: 400 },
  ...{ nHead: 2, nKvHead: 1, slidingWindow: 60, vocabSize: config.vocabSize, dropout: 0.1 },
} as GptConfig;

test.each([
  ['a long text', long, 'h.0.attn.c_attn.weight'],
  ['a long text with a window', windowed, 'layers.0.self_attn.k_proj.weight'],
])('attention over %s, with dropout, trains alike on every engine', async (_, model, observed) => {
  const results = [];
  for (const open of Object.values(engines)) {
    const engine = await open();
    const gpt = await Gpt.create(model);
    const state = await initialized(engine, parameterSpecs(model));
    const program = await engine.compileTraining(lossStep(gpt, { batchSize: 1, time: 400 }), state, options);
    const feeds = { ...batch(1, 1, 400), seed: Int32Array.of(-5), step: Int32Array.of(123456) };
    const { loss, gradNorm } = await program.step([feeds], { learningRate: 0.01, iteration: 1 });
    const gradients = await state.read('firstMoment', observed);
    results.push({ loss, gradNorm, gradients });
    await program.dispose();
    gpt.dispose();
  }
  const [first, ...others] = results;
  const largest = Math.max(...first!.gradients.map(Math.abs));
  for (const { loss, gradNorm, gradients } of others) {
    expect(Math.abs(loss / first!.loss - 1)).toBeLessThan(1e-6);
    expect(Math.abs(gradNorm / first!.gradNorm - 1)).toBeLessThan(1e-5);
    expect(Math.max(...gradients.map((x, i) => Math.abs(x - first!.gradients[i]!)))).toBeLessThan(1e-4 * largest);
  }
});

test.each([
  ['a short text', { ...config, nEmbd: 64, blockSize: 32 }, 8],
  ['a long text, in blocks', long, 2],
])('onnx gives the same bits for one thread and two, and run after run, on %s', async (_, model, batchSize) => {
  const time = model.blockSize;
  const weights = [];
  for (const threads of [1, 2, 2]) {
    const engine = await createOnnxEngine({ device: 'cpu', threads });
    const gpt = gpt2Of(model);
    const state = await initialized(engine, parameterSpecs(gpt.config));
    const program = await engine.compileTraining(lossStep(gpt, { batchSize, time }), state, options);
    for (let i = 1; i <= 5; i++)
      await program.step([{ ...batch(i, batchSize, time), seed: Int32Array.of(1), step: Int32Array.of(i) }], {
        learningRate: 0.01,
        iteration: i,
      });
    weights.push(await all(state));
    gpt.dispose();
  }
  expect(weights[1]).toEqual(weights[0]);
  expect(weights[2]).toEqual(weights[0]);
});

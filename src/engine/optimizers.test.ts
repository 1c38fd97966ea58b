// Muon and optimizers that are not shipped, on every engine: one without a kernel, and one with products in its update that
// leaves the rest to AdamW. They train, are saved, and go on with the same bits.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { open as openFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSlots, slotTensors } from '../checkpoint/optimizer.js';
import { writeSafetensors } from '../checkpoint/safetensors/index.js';
import type { Gpt2Config } from '../model/families/gpt2/config.js';
import { initialize, lossStep, parameterSpecs } from '../model/index.js';
import { gpt2Of } from '../model/testing/eager.js';
import type { Optimizer } from '../optimizer/index.js';
import { muon } from '../optimizer/muon/index.js';
import { matrix } from '../optimizer/testing/matrix.js';
import { sgd } from '../optimizer/testing/sgd.js';
import { Random } from '../rng.js';
import { createEagerEngine } from './eager/engine.js';
import { createOnnxEngine } from './onnx/engine.js';
import { compiledEngines } from './testing/engines.js';
import type { ArraySpec, Engine, Feeds, State } from './types.js';

const engines = {
  eager: () => createEagerEngine({ device: 'cpu' }),
  ...compiledEngines,
  'onnx, as for webgpu': () => createOnnxEngine({ device: 'cpu', threads: 2, stateOnDevice: true, dialect: 'webgpu' }),
};

const config: Gpt2Config = {
  vocabSize: 13,
  blockSize: 8,
  nLayer: 1,
  nHead: 2,
  nEmbd: 16,
  dropout: 0.2,
  bias: true,
  position: 'learned',
  layerNormEpsilon: 1e-5,
};
const shape = { batchSize: 2, time: 8 };
const specs = parameterSpecs(config).map((spec, i): typeof spec & ArraySpec => ({
  ...spec,
  // Two learning rates, so that there are several groups of arrays.
  ...(i % 5 === 0 && { learningRateScale: 0.5 }),
}));
const options = {
  ...{ beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.1, gradClip: 1, momentum: 0.9, matrixRate: 2 },
  ...{ matrixLrScale: 2, nsSteps: 5 },
};

function batch(step: number): Feeds {
  const random = new Random(step);
  const draw = () => Int32Array.from({ length: 16 }, () => random.integer(config.vocabSize));
  return { ids: draw(), targets: draw(), seed: Int32Array.of(7), step: Int32Array.of(step) };
}

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gpt-cli-optimizers-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Resumed {
  readonly parameters: ReadonlyMap<string, Float32Array>;
  readonly directory: string;
  readonly after: number;
}

async function trained(
  engine: Engine,
  optimizer: Optimizer,
  steps: number,
  more: { resumed?: Resumed; save?: string } = {},
) {
  const gpt = gpt2Of(config);
  const state = await engine.createState(specs, { training: true, optimizer });
  const { resumed } = more;
  const start = resumed ? [...resumed.parameters].map(([name, data]) => ({ name, data })) : initialize(specs, 1337);
  for (const { name, data } of start) await state.write('parameter', name, data);
  if (resumed) await readSlots(resumed.directory, { name: optimizer.name, settings: {} }, state);
  const program = await engine.compileTraining(lossStep(gpt, shape), state, options);
  const losses: number[] = [];
  for (let iteration = (resumed?.after ?? 0) + 1; iteration <= steps; iteration++)
    losses.push((await program.step([batch(iteration)], { learningRate: 0.01, iteration })).loss);
  if (more.save !== undefined) await saveSlots(more.save, state);
  const parameters = new Map<string, Float32Array>();
  for (const { name } of specs) parameters.set(name, await state.read('parameter', name));
  await program.dispose();
  await state.dispose();
  gpt.dispose();
  return { losses, parameters };
}

async function saveSlots(directory: string, state: State): Promise<void> {
  mkdirSync(directory, { recursive: true });
  const handle = await openFile(join(directory, 'optimizer.safetensors'), 'w');
  await writeSafetensors(handle, slotTensors(state));
  await handle.close();
}

const furthest = (a: Float32Array, b: Float32Array) => Math.max(...a.map((x, i) => Math.abs(x - b[i]!)));

/** Moves by the gradient alone, and keeps what an update must not mix up: inputs and one value twice. */
const echo: Optimizer = {
  name: 'echo',
  settings: {},
  ruleFor: () => ({
    op: 'Echo',
    slots: ({ shape: own }) => ['before', 'after', 'again'].map((slot) => ({ name: slot, stored: slot, shape: own })),
    constants: () => ({}),
    scalars: (_, { learningRate }) => ({ rate: learningRate }),
    update(tf, { parameter, gradient, scalars }) {
      const moved = tf.sub(parameter, tf.mul(gradient, scalars['rate']!));
      return { parameter: moved, slots: { before: parameter, after: moved, again: moved } };
    },
  }),
};

test.each(Object.entries(engines))('a slot may be what the parameter was or is, %s', async (_, open) => {
  const engine = await open();
  const gpt = gpt2Of(config);
  const state = await engine.createState(specs, { training: true, optimizer: echo });
  for (const { name, data } of initialize(specs, 1337)) await state.write('parameter', name, data);
  const program = await engine.compileTraining(lossStep(gpt, shape), state, { gradClip: 0 });
  for (let iteration = 1; iteration <= 2; iteration++) {
    const before = await state.read('parameter', 'h.0.mlp.c_fc.weight');
    await program.step([batch(iteration)], { learningRate: 0.1, iteration });
    const [was, is, again, now] = await Promise.all(
      ['before', 'after', 'again', 'parameter'].map((slot) => state.read(slot, 'h.0.mlp.c_fc.weight')),
    );
    expect(was).toEqual(before);
    expect(is).toEqual(now);
    expect(again).toEqual(now);
    expect(now).not.toEqual(before);
  }
  await program.dispose();
  await state.dispose();
  gpt.dispose();
  await engine.dispose();
});

describe.each([
  ['sgd', sgd],
  ['matrix', matrix],
  ['muon', muon],
])('%s', (name, optimizer) => {
  test('trains alike on every engine, away from where it began', async () => {
    const start = new Map([...initialize(specs, 1337)].map((array) => [array.name, array.data]));
    const found = [];
    for (const open of Object.values(engines)) {
      const engine = await open();
      found.push(await trained(engine, optimizer, 6));
      await engine.dispose();
    }
    const [oracle, ...others] = found;
    for (const { losses, parameters } of others) {
      losses.forEach((loss, i) => {
        expect(Math.abs(loss - oracle!.losses[i]!)).toBeLessThan(1e-4);
      });
      for (const [array, data] of parameters) {
        const moved = furthest(oracle!.parameters.get(array)!, start.get(array)!);
        expect(moved).toBeGreaterThan(1e-5);
        expect(furthest(data, oracle!.parameters.get(array)!)).toBeLessThan(Math.max(0.02 * moved, 1e-5));
      }
    }
  });

  test.each(Object.entries(engines))('is saved and goes on with the same bits, %s', async (title, open) => {
    const engine = await open();
    const directory = join(folder, `${name} ${title}`);
    const whole = await trained(engine, optimizer, 6);
    const { parameters } = await trained(engine, optimizer, 3, { save: directory });
    const resumed = await trained(engine, optimizer, 6, { resumed: { parameters, directory, after: 3 } });
    expect(resumed.losses).toEqual(whole.losses.slice(3));
    expect(resumed.parameters).toEqual(whole.parameters);
    await engine.dispose();
  });
});

// A state in memory that several threads share trains as one that does not.
import type { Gpt2Config } from '../model/families/gpt2/config.js';
import { initialize, lossStep, parameterSpecs } from '../model/index.js';
import { gpt2Of } from '../model/testing/eager.js';
import { muon } from '../optimizer/muon/index.js';
import { Random } from '../rng.js';
import { HostState } from './host-state.js';
import { createOnnxEngine } from './onnx/engine.js';
import { createOpenvinoEngine } from './openvino/engine.js';
import { hasOpenvino } from './openvino/testing/library.js';
import { sharingFor, sharingOf } from './shared-memory.js';
import type { Engine, Feeds } from './types.js';

const config: Gpt2Config = {
  ...{ vocabSize: 61, blockSize: 8, nLayer: 2, nHead: 2, nEmbd: 32 },
  ...{ dropout: 0.2, bias: true, position: 'learned', layerNormEpsilon: 1e-5 },
};
const specs = parameterSpecs(config);
const optimizer = { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.1, gradClip: 1 };
const options = { ...optimizer, momentum: 0.9, matrixLrScale: 2, nsSteps: 5 };

function batch(step: number): Feeds {
  const random = new Random(step);
  const draw = () => Int32Array.from({ length: 16 }, () => random.integer(config.vocabSize));
  return { ids: draw(), targets: draw(), seed: Int32Array.of(1), step: Int32Array.of(step) };
}

/** The bits of all parameters after some steps, of two micro-batches each. */
async function trained(engine: Engine, threads: number): Promise<Buffer[]> {
  const sharing = threads > 1 ? await sharingOf(threads) : undefined;
  const state = new HostState(specs, { training: true, optimizer: muon }, sharing);
  for (const { name, data } of initialize(specs, 3)) await state.write('parameter', name, data);
  const gpt = gpt2Of(config);
  const step = lossStep(gpt, { batchSize: 2, time: 8 });
  const program = await engine.compileTraining(step, state, options);
  // More steps than it takes to choose between one thread and all.
  for (let i = 1; i <= 10; i++) await program.step([batch(i), batch(-i)], { learningRate: 1e-2, iteration: i });
  const bits = specs.map(({ name }) => Buffer.from(state.view('parameter', name).slice().buffer));
  await program.dispose();
  await state.dispose();
  gpt.dispose();
  return bits;
}

const engines: Record<string, () => Promise<Engine>> = {
  onnx: () => createOnnxEngine({ device: 'cpu', threads: 1 }),
  ...(hasOpenvino && { openvino: () => createOpenvinoEngine({ threads: 1, precision: 'f32' }) }),
};

test.each(Object.entries(engines))('on %s, Muon and AdamW on three threads have the bits of one', async (_, create) => {
  const engine = await create();
  expect(await trained(engine, 3)).toEqual(await trained(engine, 1));
  await engine.dispose();
});

test('a view may be read after the state is disposed', async () => {
  const state = new HostState(specs, { training: true }, await sharingOf(2));
  const view = state.view('parameter', 'wte.weight');
  view.fill(7);
  await state.dispose();
  expect(view.every((x) => x === 7)).toBe(true);
});

test('memory is shared from ten million trained numbers on, for more than one thread', async () => {
  const of = (rows: number, trainable = true) => [{ name: 'x', shape: [rows, 1000], decay: true, trainable }];
  const shares = async (...args: Parameters<typeof sharingFor>) => (await sharingFor(...args)) !== undefined;
  expect(await shares(of(10_000), 2)).toBe(true);
  expect(await shares(of(9_999), 2)).toBe(false);
  expect(await shares(of(10_000), 1)).toBe(false);
  expect(await shares(of(10_000, false), 2)).toBe(false);
});

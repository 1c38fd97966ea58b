// What is OpenVINO's alone: bits, bfloat16, native objects. What every engine promises: engine/engines.test.ts.
import type { Gpt2Config } from '../../model/families/gpt2/config.js';
import { initialize, lossStep, parameterSpecs } from '../../model/index.js';
import { gpt2Of } from '../../model/testing/eager.js';
import { Random } from '../../rng.js';
import { liveHandles } from '../handle.js';
import type { HostState } from '../host-state.js';
import type { Precision } from '../types.js';
import { createOpenvinoEngine } from './engine.js';
import { withOpenvino } from './testing/library.js';

const config: Gpt2Config = {
  vocabSize: 67,
  blockSize: 32,
  nLayer: 2,
  nHead: 4,
  nEmbd: 64,
  dropout: 0.1,
  bias: true,
  position: 'learned',
  layerNormEpsilon: 1e-5,
};
const options = { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.1, gradClip: 1 };
const shape = { batchSize: 4, time: 32 };
const specs = parameterSpecs(config);

interface Trained {
  readonly losses: readonly number[];
  /** Of the last step, one after the other. */
  readonly gradients: Float32Array;
  readonly parameters: Float32Array;
}

async function trained(threads: number, precision: Precision, steps: number): Promise<Trained> {
  const engine = await createOpenvinoEngine({ threads, precision });
  const state = (await engine.createState(specs, { training: true })) as HostState;
  for (const { name, data } of initialize(specs, 1337)) await state.write('parameter', name, data);
  const program = await engine.compileTraining(lossStep(gpt2Of(config), shape), state, options);
  const losses: number[] = [];
  for (let iteration = 1; iteration <= steps; iteration++) {
    const random = new Random(1);
    const draw = () => Int32Array.from({ length: 128 }, () => random.integer(67));
    const feeds = { ids: draw(), targets: draw(), seed: Int32Array.of(7), step: Int32Array.of(iteration) };
    losses.push((await program.step([feeds, feeds], { learningRate: 0.003, iteration })).loss);
  }
  const joined = (part: 'gradient' | 'parameter') =>
    Float32Array.from(specs.flatMap(({ name }) => [...state.view(part, name)]));
  const result = { losses, gradients: joined('gradient'), parameters: joined('parameter') };
  await program.dispose();
  await state.dispose();
  await engine.dispose();
  return result;
}

/** |a - b| / |b| of the whole vectors. */
function distance(a: Float32Array, b: Float32Array): number {
  const norm = (values: Float32Array) => Math.hypot(...values);
  return norm(a.map((value, i) => value - b[i]!)) / norm(b);
}

withOpenvino('training on OpenVINO', () => {
  test.each(['f32', 'bf16'] as const)(
    'gives the same bits run after run and with 1 and 2 threads, in %s',
    async (precision) => {
      const first = await trained(2, precision, 4);
      expect(await trained(2, precision, 4)).toEqual(first);
      expect(await trained(1, precision, 4)).toEqual(first);
      expect(first.losses.at(-1)).toBeLessThan(first.losses[0]!);
    },
  );

  test('in bf16 gradients are a little off, and parameters keep all bits of float32', async () => {
    const [exact, rough] = [await trained(2, 'f32', 1), await trained(2, 'bf16', 1)];
    const off = distance(rough.gradients, exact.gradients);
    expect(off).toBeGreaterThan(1e-5); // it is another format
    expect(off).toBeLessThan(0.03);
    const bits = new Uint32Array(rough.parameters.buffer);
    const finer = bits.filter((value) => (value & 0xffff) !== 0).length;
    expect(finer / bits.length).toBeGreaterThan(0.9);
  });

  test('nothing native is left when programs are disposed', async () => {
    await trained(2, 'f32', 1);
    const before = liveHandles();
    await trained(2, 'f32', 3);
    expect(liveHandles()).toBe(before);
  });
});

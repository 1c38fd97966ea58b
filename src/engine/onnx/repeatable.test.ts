// The same steps give the same bits, run after run, on one thread and on two. Another number of threads may give other bits:
// onnxruntime's matrix product chooses the length of its partial sums by a thread's share of the columns.
import type { Gpt2Config } from '../../model/families/gpt2/config.js';
import { initialize, lossStep, parameterSpecs } from '../../model/index.js';
import { gpt2Of } from '../../model/testing/eager.js';
import { Random } from '../../rng.js';
import type { Feeds } from '../types.js';
import { createOnnxEngine } from './engine.js';

const config: Gpt2Config = {
  ...{ vocabSize: 66, blockSize: 64, nLayer: 1, nHead: 4, nEmbd: 128 },
  ...{ dropout: 0.1, bias: true, position: 'learned', layerNormEpsilon: 1e-5 },
};
const specs = parameterSpecs(config);
const shape = { batchSize: 8, time: 64 };
const options = { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.1, gradClip: 1 };

function batch(step: number): Feeds {
  const random = new Random(step);
  const draw = () => Int32Array.from({ length: 512 }, () => random.integer(config.vocabSize));
  return { ids: draw(), targets: draw(), seed: Int32Array.of(1), step: Int32Array.of(step) };
}

/** The bits of all parameters after two steps of a new engine. */
async function trained(threads: number): Promise<Buffer[]> {
  const engine = await createOnnxEngine({ device: 'cpu', threads });
  const state = await engine.createState(specs, { training: true });
  for (const { name, data } of initialize(specs, 3)) await state.write('parameter', name, data);
  const gpt = gpt2Of(config);
  const program = await engine.compileTraining(lossStep(gpt, shape), state, options);
  for (let i = 1; i <= 2; i++) await program.step([batch(i)], { learningRate: 1e-2, iteration: i });
  const bits = await Promise.all(
    specs.map(async ({ name }) => Buffer.from((await state.read('parameter', name)).buffer)),
  );
  await program.dispose();
  await state.dispose();
  gpt.dispose();
  await engine.dispose();
  return bits;
}

test.each([1, 2])('run after run, on %d threads', async (threads) => {
  expect(await trained(threads)).toEqual(await trained(threads));
});

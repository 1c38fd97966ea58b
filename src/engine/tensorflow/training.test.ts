// Training on TensorFlow as a whole: the other engines' losses, the same bits again, nothing that grows.
import { Gpt, type GptConfig, initialize, lossStep, parameterSpecs } from '../../model/index.js';
import { Random } from '../../rng.js';
import { createEagerEngine } from '../eager/engine.js';
import { createOnnxEngine } from '../onnx/engine.js';
import type { Engine, Feeds, StepResult, TrainingProgram } from '../types.js';
import { createTensorflowEngine } from './engine.js';
import { liveHandles } from './native/index.js';
import { withTensorflow } from './testing/library.js';

const config: GptConfig = {
  vocabSize: 13,
  blockSize: 16,
  nLayer: 2,
  nHead: 2,
  nEmbd: 32,
  dropout: 0.2,
  bias: true,
  position: 'learned',
  layerNormEpsilon: 1e-5,
};
const shape = { batchSize: 4, time: 16 };
const adamw = { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.1, gradClip: 1 };
const open = (jit: 'auto' | 'xla' | 'graph') =>
  createTensorflowEngine({ device: 'cpu', threads: 2, jit, precision: 'f32' });

function feeds(step: number): Feeds {
  const random = new Random(step);
  // A sequence with something to learn: each token mostly the one before plus one.
  const ids = new Int32Array(shape.batchSize * shape.time + 1);
  for (let i = 1; i < ids.length; i++) ids[i] = random.next() < 0.8 ? (ids[i - 1]! + 1) % 13 : random.integer(13);
  const batch = { ids: ids.slice(0, -1), targets: ids.slice(1) };
  return { ...batch, seed: Int32Array.of(7), step: Int32Array.of(step) };
}

interface Trained {
  readonly losses: number[];
  readonly weights: string;
}

async function trained(engine: Engine, steps: number, { recompute = false } = {}): Promise<Trained> {
  const gpt = new Gpt(config, undefined, { recompute });
  const specs = parameterSpecs(config);
  const state = await engine.createState(specs, { training: true });
  for (const { name, data } of initialize(specs, 1337)) await state.write('parameter', name, data);
  const program = await engine.compileTraining(lossStep(gpt, shape), state, adamw);
  const losses: number[] = [];
  for (let i = 1; i <= steps; i++) losses.push((await step(program, i)).loss);
  const arrays = await Promise.all(
    (['parameter', 'secondMoment'] as const).flatMap((kind) => specs.map(({ name }) => state.read(kind, name))),
  );
  const weights = Buffer.concat(arrays.map((data) => Buffer.from(data.buffer))).toString('base64');
  await program.dispose();
  await state.dispose();
  gpt.dispose();
  await engine.dispose();
  return { losses, weights };
}

function step(program: TrainingProgram, iteration: number): Promise<StepResult> {
  return program.step([feeds(iteration)], { learningRate: 0.01, iteration });
}

const furthest = (a: readonly number[], b: readonly number[]) => Math.max(...a.map((x, i) => Math.abs(x - b[i]!)));

withTensorflow('training on TensorFlow', () => {
  test('50 steps with dropout have the losses of eager and onnx, run plainly and by XLA', async () => {
    const { losses: eager } = await trained(await createEagerEngine({ device: 'cpu' }), 50);
    const { losses: onnx } = await trained(await createOnnxEngine({ device: 'cpu', threads: 2 }), 50);
    const { losses: graph } = await trained(await open('graph'), 50);
    const { losses: xla } = await trained(await open('xla'), 50);
    expect(eager.at(-1)!).toBeLessThan(eager[0]! - 0.5);
    for (const losses of [onnx, graph, xla]) expect(furthest(losses, eager)).toBeLessThan(1e-4);
  }, 600_000);

  test.each(['graph', 'xla'] as const)(
    '%s gives the same bits run after run',
    async (jit) => {
      const first = await trained(await open(jit), 10);
      expect(await trained(await open(jit), 10)).toEqual(first);
    },
    600_000,
  );

  test('auto takes one of the two ways, changes no state in finding out, and keeps to it', async () => {
    const engine = await open('auto');
    expect(engine.jit).toBeUndefined();
    const found = await trained(engine, 5);
    expect(['graph', 'xla']).toContain(engine.jit);
    expect(await trained(await open(engine.jit!), 5)).toEqual(found);
  }, 600_000);

  test('recomputing gives the same losses', async () => {
    const { losses } = await trained(await open('xla'), 5);
    for (const jit of ['graph', 'xla'] as const) {
      const again = await trained(await open(jit), 5, { recompute: true });
      expect(furthest(again.losses, losses)).toBeLessThan(1e-5);
    }
  }, 600_000);

  test('a thousand steps leave no handle and no memory', async () => {
    const engine = await open('graph');
    const gpt = new Gpt(config);
    const specs = parameterSpecs(config);
    const state = await engine.createState(specs, { training: true });
    for (const { name, data } of initialize(specs, 1337)) await state.write('parameter', name, data);
    const program = await engine.compileTraining(lossStep(gpt, shape), state, adamw);
    for (let i = 1; i <= 200; i++) await step(program, i);
    const [handles, resident] = [liveHandles(), process.memoryUsage().rss];
    for (let i = 201; i <= 1200; i++) await step(program, i);
    expect(liveHandles()).toBe(handles);
    expect(process.memoryUsage().rss - resident).toBeLessThan(32e6);
    await program.dispose();
    await state.dispose();
    gpt.dispose();
    await engine.dispose();
  }, 600_000);

  test('nothing is left of an engine that was disposed', async () => {
    const before = liveHandles();
    await trained(await open('graph'), 2);
    expect(liveHandles()).toBe(before);
  });

  test('devices that it has not are refused', async () => {
    for (const device of ['webgpu', 'dml'] as const)
      await expect(
        createTensorflowEngine({ device, threads: 2, jit: 'graph', precision: 'f32' }),
      ).rejects.toMatchObject({ code: 'engine/device' });
  });
});

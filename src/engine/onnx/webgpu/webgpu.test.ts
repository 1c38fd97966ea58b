// The state on a device: its optimizer on the CPU against the kernel, and all of it on an adapter where there is one.
import { initialize, lossStep, parameterSpecs } from '../../../model/index.js';
import { gpt2Of } from '../../../model/testing/eager.js';
import { adamw, clipScale, FlatMemory, kernelUpdater, scalarsOf, updateAll } from '../../../optimizer/index.js';
import { Random } from '../../../rng.js';
import { optimize } from '../../../trace/index.js';
import type { StepResult } from '../../types.js';
import { port, squaresGraph, sumGraph, updateGraph } from '../../update/graph.js';
import { groupsOf } from '../../update/groups.js';
import { probe } from '../devices.js';
import { createOnnxEngine } from '../engine.js';
import { GraphSession } from '../session.js';
import { findDrivers } from './adapter.js';
import { DeviceState } from './state.js';

const cpu = { device: 'cpu', threads: 1 } as const;
const options = { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.1, gradClip: 1 };
const arrays = [
  { name: 'w', shape: [3, 5], decay: true },
  { name: 'b', shape: [5], decay: false },
];
const drawn = (length: number, key: number) => {
  const random = new Random(key);
  return Float32Array.from({ length }, () => random.next() - 0.5);
};
const sizeOf = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);

async function run(...[graph, feeds]: [Parameters<typeof GraphSession.open>[0], Record<string, Float32Array>]) {
  const session = await GraphSession.open(graph, cpu);
  const results = await session.run(feeds);
  await session.release();
  return results as Record<string, Float32Array>;
}

describe('the optimizer as graphs', () => {
  const gradients = Object.fromEntries(arrays.map(({ name, shape }, i) => [name, drawn(sizeOf(shape), 10 + i)]));
  const asInputs = (input: (name: string) => string) =>
    Object.fromEntries(Object.entries(gradients).map(([name, data]) => [input(name), data]));
  const gradientPort = (name: string) => port.array('gradient', name);
  const parts = ['parameter', 'firstMoment', 'secondMoment'];

  test('AdamW gives the bits of its definition and its kernel, five steps long', async () => {
    const memory = new FlatMemory(arrays, adamw);
    const kernel = kernelUpdater(options, () => {});
    const states = groupsOf(arrays, adamw).map((group) => {
      const found: Record<string, Float32Array> = {};
      for (const { name, shape } of group.arrays) {
        memory.view('parameter', name).set(drawn(sizeOf(shape), 3));
        memory.view('gradient', name).set(gradients[name]!);
        for (const part of parts) found[port.array(part, name)] = memory.view(part, name).slice();
      }
      return { group, graph: optimize(updateGraph(group, options), { keep: () => false }), found };
    });
    expect(states.map(({ group }) => group.arrays.map(({ name }) => name))).toEqual([['w'], ['b']]);
    for (let iteration = 1; iteration <= 5; iteration++) {
      const update = { learningRate: 0.01 * iteration, iteration };
      const norm = 1.5 * iteration;
      for (const state of states) {
        const { group, graph } = state;
        const scalars = Object.entries(scalarsOf(group.rule, options, update, group.arrays[0]!));
        const own = group.arrays.map(({ name }) => [gradientPort(name), gradients[name]!] as const);
        state.found = await run(graph, {
          ...state.found,
          ...Object.fromEntries(own),
          ...Object.fromEntries(scalars.map(([name, value]) => [port.scalar(name), Float32Array.of(value)])),
          [port.gradientScale]: Float32Array.of(clipScale(norm, options.gradClip)),
        });
      }
      await updateAll(memory, options, update, norm, kernel);
      for (const { group, found } of states)
        for (const { name } of group.arrays)
          for (const part of parts) expect(found[port.array(part, name)]).toEqual(memory.view(part, name));
    }
  });

  test('gradients are measured and summed', async () => {
    const expected = Object.values(gradients).reduce((sum, data) => data.reduce((s, x) => s + x * x, sum), 0);
    const { squares } = await run(squaresGraph(arrays), asInputs(gradientPort));
    expect(Math.abs(squares![0]! / expected - 1)).toBeLessThan(1e-6);
    const sums = await run(sumGraph(arrays), { ...asInputs(gradientPort), ...asInputs(port.addend) });
    for (const [name, data] of Object.entries(gradients))
      expect(sums[gradientPort(name)]).toEqual(data.map((x) => 2 * x));
  });
});

describe('a state on a device', () => {
  const specs = [...arrays, { name: 'frozen', shape: [2], decay: false, trainable: false }];

  test('begins as zeros and gives back what was written', async () => {
    const state = await DeviceState.create(specs, { training: true }, cpu);
    expect(Array.from(await state.read('secondMoment', 'b'))).toEqual([0, 0, 0, 0, 0]);
    const data = drawn(15, 3);
    await state.write('firstMoment', 'w', data);
    data[0] = 100;
    expect(await state.read('firstMoment', 'w')).toEqual(drawn(15, 3));
    await state.dispose();
    await expect(state.read('parameter', 'w')).rejects.toThrow('disposed');
  });

  test('refuses what it does not hold', async () => {
    const state = await DeviceState.create(specs, { training: true }, cpu);
    await expect(state.read('firstMoment', 'frozen')).rejects.toThrow(
      'frozen is not trained, so it has no firstMoment',
    );
    await expect(state.read('parameter', 'x')).rejects.toThrow('holds no array "x"');
    await expect(state.write('parameter', 'b', new Float32Array(4))).rejects.toThrow('b of 5 numbers was given 4');
    await expect(DeviceState.create([...arrays, arrays[0]!], { training: true }, cpu)).rejects.toThrow('same name');
    await state.dispose();
  });
});

const whereAdapter = findDrivers().missing ? test.skip : test;

whereAdapter('an adapter trains as the CPU does: losses, norms and parameters', async () => {
  if (!(await probe('webgpu')).available) return;
  const config = { vocabSize: 13, blockSize: 8, nLayer: 1, nHead: 2, nEmbd: 16, dropout: 0.2, bias: true } as const;
  const gpt = gpt2Of({ ...config, position: 'learned', layerNormEpsilon: 1e-5 });
  const specs = parameterSpecs(gpt.config);
  const trained = async (device: 'cpu' | 'webgpu') => {
    const engine = await createOnnxEngine({ device, threads: 1 });
    const state = await engine.createState(specs, { training: true });
    for (const { name, data } of initialize(specs, 1337)) await state.write('parameter', name, data);
    const program = await engine.compileTraining(lossStep(gpt, { batchSize: 2, time: 8 }), state, options);
    const results: StepResult[] = [];
    for (let iteration = 1; iteration <= 3; iteration++) {
      const ids = Int32Array.from({ length: 16 }, (_, i) => (i * iteration) % 13);
      const targets = Int32Array.from(ids, (id) => (id + iteration) % 13);
      const feeds = { ids, targets, seed: Int32Array.of(1), step: Int32Array.of(iteration) };
      results.push(await program.step([feeds, { ...feeds, ids: targets }], { learningRate: 0.01, iteration }));
    }
    const weight = await state.read('parameter', 'h.0.mlp.c_fc.weight');
    await program.dispose();
    await state.dispose();
    return { results, weight };
  };
  const [expected, actual] = [await trained('cpu'), await trained('webgpu')];
  gpt.dispose();
  actual.results.forEach(({ loss, gradNorm }, i) => {
    expect(Math.abs(loss - expected.results[i]!.loss)).toBeLessThan(1e-3);
    expect(Math.abs(gradNorm - expected.results[i]!.gradNorm)).toBeLessThan(1e-3);
  });
  expect(Math.max(...actual.weight.map((x, i) => Math.abs(x - expected.weight[i]!)))).toBeLessThan(1e-3);
});

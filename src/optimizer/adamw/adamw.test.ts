import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Random } from '../../rng.js';
import { definedUpdater, FlatMemory, gradientNorm, kernelUpdater, type OptimizerOptions, updateAll } from '../index.js';
import { adamw } from './index.js';

interface Golden {
  shapes: Record<string, number[]>;
  scales: Record<string, number>;
  options: OptimizerOptions;
  start: Record<string, number[]>;
  steps: {
    learningRate: number;
    norm: number;
    gradients: Record<string, number[]>;
    parameters: Record<string, number[]>;
  }[];
}
/** Made by scripts/goldens/adamw.py. */
const golden: Golden = JSON.parse(readFileSync(join(__dirname, '../../../test/goldens/adamw.json'), 'utf8'));

const options = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.1, gradClip: 1 };

/** The ways in which a span can be updated on the CPU. */
const updaters = {
  'the definition': definedUpdater,
  'the kernel': (_: FlatMemory, all: OptimizerOptions) =>
    kernelUpdater(all, () => {
      throw new Error('AdamW has a kernel');
    }),
};

/** Of all sizes from tiny to large, both signs. */
function wild(length: number, seed: number): Float32Array {
  const random = new Random(seed);
  return Float32Array.from({ length }, () => random.normal() * 10 ** (random.integer(12) - 8));
}

const bits = (memory: FlatMemory, names: readonly string[]) =>
  names.flatMap((name) =>
    ['parameter', 'firstMoment', 'secondMoment'].map((part) => Buffer.from(memory.view(part, name).slice().buffer)),
  );

describe.each(Object.entries(updaters))('AdamW by %s', (_, updaterOf) => {
  const one = (decay: boolean, values: Record<'parameter' | 'gradient' | 'firstMoment' | 'secondMoment', number[]>) => {
    const memory = new FlatMemory([{ name: 'x', shape: [values.parameter.length], decay }], adamw);
    for (const [region, numbers] of Object.entries(values)) memory.view(region, 'x').set(numbers);
    return memory;
  };
  const unclipped = { ...options, gradClip: 0 };

  test('the first step moves by the learning rate against the sign, after decay (worked by hand)', async () => {
    const values = { parameter: [1, -2], gradient: [0.5, -4], firstMoment: [0, 0], secondMoment: [0, 0] };
    const memory = one(true, values);
    await updateAll(memory, unclipped, { learningRate: 0.1, iteration: 1 }, 1, updaterOf(memory, unclipped));
    // m = 0.1 g, v = 0.001 g^2; corrected: g and g^2. p (1 - 0.1 * 0.1) - 0.1 * sign(g)
    expect(memory.view('parameter', 'x')[0]).toBeCloseTo(0.89, 6);
    expect(memory.view('parameter', 'x')[1]).toBeCloseTo(-1.88, 6);
    expect(memory.view('firstMoment', 'x')[0]).toBeCloseTo(0.05, 7);
    expect(memory.view('secondMoment', 'x')[1]).toBeCloseTo(0.016, 7);
  });

  test('the second step mixes both gradients (worked by hand)', async () => {
    const memory = one(false, { parameter: [0], gradient: [3], firstMoment: [0.1], secondMoment: [0.001] });
    await updateAll(memory, unclipped, { learningRate: 1, iteration: 2 }, 1, updaterOf(memory, unclipped));
    // m = 0.09 + 0.3 = 0.39, v = 0.000999 + 0.009 = 0.009999
    // m / (1 - 0.81) = 2.0526316, v / (1 - 0.998001) = 5.0020010, root 2.2365153
    expect(memory.view('parameter', 'x')[0]).toBeCloseTo(-2.0526316 / 2.2365153, 5);
  });

  test('ten steps with clipping follow PyTorch, each array at its own learning rate', async () => {
    const arrays = Object.entries(golden.shapes).map(([name, shape]) => {
      const scale = golden.scales[name];
      return { name, shape, decay: shape.length > 1, ...(scale !== undefined && { learningRateScale: scale }) };
    });
    expect(arrays.some(({ learningRateScale }) => learningRateScale !== undefined)).toBe(true);
    const memory = new FlatMemory(arrays, adamw);
    const updater = updaterOf(memory, golden.options);
    const fill = (region: 'parameter' | 'gradient', values: Record<string, number[]>) => {
      for (const [name, numbers] of Object.entries(values)) memory.view(region, name).set(numbers);
    };
    fill('parameter', golden.start);
    for (const [i, { learningRate, norm: expected, gradients, parameters }] of golden.steps.entries()) {
      fill('gradient', gradients);
      const norm = gradientNorm(memory);
      expect(Math.abs(norm - expected)).toBeLessThan(1e-6 * expected);
      await updateAll(memory, golden.options, { learningRate, iteration: i + 1 }, norm, updater);
      for (const [name, numbers] of Object.entries(parameters)) {
        const own = memory.view('parameter', name);
        const worst = Math.max(...numbers.map((x, j) => Math.abs(x - own[j]!) / Math.max(Math.abs(x), 0.1)));
        expect(worst).toBeLessThan(1e-6);
      }
    }
  });
});

test('the kernel has the bits of the definition, decayed or not, at any learning rate and size of number', async () => {
  const arrays = [
    { name: 'matrix', shape: [64, 60], decay: true },
    { name: 'slow', shape: [33], decay: true, learningRateScale: 0.25 },
    { name: 'vector', shape: [1021], decay: false },
    { name: 'scalar', shape: [], decay: false },
    { name: 'empty', shape: [0, 4], decay: true },
  ];
  const names = arrays.map(({ name }) => name);
  const found = [];
  for (const updaterOf of Object.values(updaters)) {
    const memory = new FlatMemory(arrays, adamw);
    const updater = updaterOf(memory, options);
    for (const [i, name] of names.entries()) {
      const size = memory.view('parameter', name).length;
      memory.view('parameter', name).set(wild(size, i));
      memory.view('firstMoment', name).set(wild(size, i + 10));
      memory.view('secondMoment', name).set(wild(size, i + 20).map(Math.abs));
    }
    for (let iteration = 1; iteration <= 4; iteration++) {
      for (const [i, name] of names.entries())
        memory.view('gradient', name).set(wild(memory.view('gradient', name).length, 100 * iteration + i));
      await updateAll(memory, options, { learningRate: 3e-4 * iteration, iteration }, 0.6 * iteration, updater);
    }
    found.push(bits(memory, names));
  }
  expect(found[1]).toEqual(found[0]);
});

test('without decay an update needs no decay at all', () => {
  const rule = adamw.ruleFor();
  const update = { learningRate: 0.1, iteration: 1 };
  expect(Object.keys(rule.scalars(options, update, { decay: false }))).toEqual(['stepSize', 'inverseRoot']);
  expect(rule.scalars(options, update, { decay: true })).toMatchObject({ decay: 0.99 });
});

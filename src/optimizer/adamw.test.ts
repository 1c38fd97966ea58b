import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Random } from '../rng.js';
import { accumulate, adamw, clipScale, coefficients, squaredNorm } from './adamw.js';
import { type AdamWOptions, addScratch, FlatMemory, gradientNorm, updateAll } from './index.js';
import { kernelsOn } from './kernels.js';

interface Golden {
  shapes: Record<string, number[]>;
  scales: Record<string, number>;
  options: AdamWOptions;
  start: Record<string, number[]>;
  steps: {
    learningRate: number;
    norm: number;
    gradients: Record<string, number[]>;
    parameters: Record<string, number[]>;
  }[];
}
/** Made by scripts/goldens/adamw.py. */
const golden: Golden = JSON.parse(readFileSync(join(__dirname, '../../test/goldens/adamw.json'), 'utf8'));

const options = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.1, gradClip: 1 };

/** Of all sizes from tiny to large, both signs. */
function wild(length: number, seed: number): Float32Array {
  const random = new Random(seed);
  return Float32Array.from({ length }, () => random.normal() * 10 ** (random.integer(12) - 8));
}

describe('AdamW', () => {
  test('the first step moves by the learning rate against the sign, after decay (worked by hand)', () => {
    const [p, g, m, v] = [
      [1, -2],
      [0.5, -4],
      [0, 0],
      [0, 0],
    ].map((x) => Float32Array.from(x));
    adamw(p!, g!, m!, v!, coefficients(options, { learningRate: 0.1, iteration: 1 }, true, 1));
    // m = 0.1 g, v = 0.001 g^2; corrected: g and g^2. p (1 - 0.1 * 0.1) - 0.1 * sign(g)
    expect(p![0]).toBeCloseTo(0.89, 6);
    expect(p![1]).toBeCloseTo(-1.88, 6);
    expect(m![0]).toBeCloseTo(0.05, 7);
    expect(v![1]).toBeCloseTo(0.016, 7);
  });

  test('the second step mixes both gradients (worked by hand)', () => {
    const [p, g, m, v] = [[0], [1], [0.1], [0.001]].map((x) => Float32Array.from(x));
    adamw(p!, g!, m!, v!, coefficients(options, { learningRate: 1, iteration: 2 }, false, 3));
    // gradient 3: m = 0.09 + 0.3 = 0.39, v = 0.000999 + 0.009 = 0.009999
    // m / (1 - 0.81) = 2.0526316, v / (1 - 0.998001) = 5.0020010, root 2.2365153
    expect(p![0]).toBeCloseTo(-2.0526316 / 2.2365153, 5);
  });

  test('clipping scales down to the norm and never up', () => {
    expect(clipScale(4, 1)).toBeCloseTo(0.25, 6);
    expect(clipScale(0.5, 1)).toBe(1);
    expect(clipScale(0, 1)).toBe(1);
    expect(clipScale(4, 0)).toBe(1);
  });

  test('ten steps with clipping follow PyTorch, each array at its own learning rate', () => {
    const arrays = Object.entries(golden.shapes).map(([name, shape]) => {
      const scale = golden.scales[name];
      return { name, shape, decay: shape.length > 1, ...(scale !== undefined && { learningRateScale: scale }) };
    });
    expect(arrays.some(({ learningRateScale }) => learningRateScale !== undefined)).toBe(true);
    const memory = new FlatMemory(arrays);
    const fill = (region: 'parameter' | 'gradient', values: Record<string, number[]>) => {
      for (const [name, numbers] of Object.entries(values)) memory.view(region, name).set(numbers);
    };
    fill('parameter', golden.start);
    golden.steps.forEach((step, i) => {
      fill('gradient', step.gradients);
      const norm = gradientNorm(memory);
      expect(Math.abs(norm - step.norm)).toBeLessThan(1e-6 * step.norm);
      updateAll(memory, golden.options, { learningRate: step.learningRate, iteration: i + 1 }, norm);
      for (const [name, numbers] of Object.entries(step.parameters)) {
        const own = memory.view('parameter', name);
        const worst = Math.max(...numbers.map((x, j) => Math.abs(x - own[j]!) / Math.max(Math.abs(x), 0.1)));
        expect(worst).toBeLessThan(1e-6);
      }
    });
  });
});

describe('the SIMD kernels', () => {
  const length = 4096;
  const memory = new WebAssembly.Memory({ initial: 4, maximum: 4 });
  const kernels = kernelsOn(memory);
  const pointers = [0, 1, 2, 3].map((i) => 1024 + i * length * 4);
  const views = pointers.map((pointer) => new Float32Array(memory.buffer, pointer, length));
  const [P, G, M, V] = pointers as [number, number, number, number];

  test('adamw has the bits of the plain version', () => {
    const plain = [1, 2, 3, 4].map((seed) => wild(length, seed));
    plain[3] = plain[3]!.map(Math.abs);
    plain.forEach((data, i) => {
      views[i]!.set(data);
    });
    const [p, g, m, v] = plain as [Float32Array, Float32Array, Float32Array, Float32Array];
    for (let iteration = 1; iteration < 4; iteration++) {
      const all = coefficients(options, { learningRate: 3e-4, iteration }, iteration !== 2, 0.37);
      adamw(p, g, m, v, all);
      kernels.adamw(P, G, M, V, length, all);
      expect(views.map((view) => Buffer.from(view.slice().buffer))).toEqual(
        plain.map((data) => Buffer.from(data.slice().buffer)),
      );
    }
  });

  test('squaredNorm and accumulate have the bits of the plain version', () => {
    const [a, b] = [wild(length, 5), wild(length, 6)];
    views[0]!.set(a);
    views[1]!.set(b);
    expect(kernels.squaredNorm(P, length)).toBe(squaredNorm(a));
    accumulate(a, b, 0.1);
    kernels.accumulate(P, G, length, 0.1);
    expect(views[0]!.every((x, i) => Object.is(x, a[i]))).toBe(true);
  });

  test('squaredNorm neither overflows nor loses small numbers as float32 sums would', () => {
    views[0]!.fill(1e-3);
    views[0]![0] = 1e25;
    expect(kernels.squaredNorm(P, length)).toBe(squaredNorm(views[0]!));
    expect(Math.sqrt(kernels.squaredNorm(P, length)) / Math.fround(1e25)).toBeCloseTo(1, 12);
    views[0]![0] = 1e-3;
    expect(kernels.squaredNorm(P, length) / (length * Math.fround(1e-3) ** 2)).toBeCloseTo(1, 12);
  });
});

describe('FlatMemory', () => {
  const arrays = [
    { name: 'a', shape: [3, 5], decay: true },
    { name: 'b', shape: [5], decay: false },
    { name: 'c', shape: [40, 40], decay: true },
    { name: 'd', shape: [], decay: false },
    { name: 'e', shape: [0, 4], decay: true },
  ];
  const filled = (chunkBytes?: number) => {
    const memory = new FlatMemory(arrays, chunkBytes);
    arrays.forEach(({ name }, i) => {
      memory.view('parameter', name).set(wild(memory.view('parameter', name).length, i));
      memory.view('gradient', name).set(wild(memory.view('parameter', name).length, i + 9));
    });
    return memory;
  };

  test('views are the memory itself, do not overlap and have the size of the shape', () => {
    const memory = filled();
    expect(arrays.map(({ name }) => memory.view('scratch', name).length)).toEqual([15, 5, 1600, 1, 0]);
    memory.view('firstMoment', 'b').fill(7);
    expect(arrays.map(({ name }) => memory.view('firstMoment', name).includes(7))).toEqual([
      false,
      true,
      false,
      false,
      false,
    ]);
    expect(memory.view('secondMoment', 'b').includes(7)).toBe(false);
  });

  test('several memories give the bits of one', () => {
    const [one, several] = [filled(), filled(65536 + 1616 * 20)];
    expect(one.spans.length).toBe(2);
    expect(new Set(several.spans.map((span) => span.kernels)).size).toBeGreaterThan(1);
    for (const memory of [one, several]) updateAll(memory, options, { learningRate: 0.1, iteration: 1 }, 5);
    expect(gradientNorm(several) / gradientNorm(one)).toBeCloseTo(1, 14);
    for (const { name } of arrays) expect(several.view('parameter', name)).toEqual(one.view('parameter', name));
  });

  test('an update equals the plain one, decayed or not', () => {
    const [memory, plain] = [filled(), filled()];
    updateAll(memory, options, { learningRate: 0.1, iteration: 3 }, 5);
    for (const { name, decay } of arrays) {
      const view = (region: 'parameter' | 'gradient' | 'firstMoment' | 'secondMoment') => plain.view(region, name);
      const all = coefficients(options, { learningRate: 0.1, iteration: 3 }, decay, clipScale(5, 1));
      adamw(view('parameter'), view('gradient'), view('firstMoment'), view('secondMoment'), all);
      expect(memory.view('parameter', name)).toEqual(view('parameter'));
    }
  });

  test('scratch is added to the gradient', () => {
    const memory = filled();
    const before = memory.view('gradient', 'c').slice();
    memory.view('scratch', 'c').fill(0.5);
    addScratch(memory);
    expect(memory.view('gradient', 'c')).toEqual(before.map((x) => x + 0.5));
  });

  test('an array that fits no memory is an error with its name and shape', () => {
    expect(() => new FlatMemory([{ name: 'wte.weight', shape: [200_000, 2048], decay: true }])).toThrow(
      'wte.weight of shape [200000,2048] needs 8192000000 bytes',
    );
  });
});

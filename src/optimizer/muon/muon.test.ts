import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Random } from '../../rng.js';
import * as tf from '../../tf.js';
import {
  definedUpdater,
  FlatMemory,
  gradientNorm,
  type OptimizedArray,
  type OptimizerOptions,
  updateAll,
} from '../index.js';
import { muon } from './index.js';
import { orthogonalized } from './orthogonalize.js';

interface Golden {
  shapes: Record<string, number[]>;
  scales: Record<string, number>;
  undecayed: string[];
  options: OptimizerOptions;
  start: Record<string, number[]>;
  steps: {
    learningRate: number;
    gradients: Record<string, number[]>;
    parameters: Record<string, number[]>;
    momentum: Record<string, number[]>;
  }[];
}
/** Made by scripts/goldens/muon.py. */
const golden: Golden = JSON.parse(readFileSync(join(__dirname, '../../../test/goldens/muon.json'), 'utf8'));

test('steps follow torch.optim.Muon, on wide, tall and fused matrices, with clipping, decay and scaled rates', async () => {
  const arrays = Object.entries(golden.shapes).map(([name, shape]) => {
    const scale = golden.scales[name];
    const decay = !golden.undecayed.includes(name);
    const [rows, columns] = shape as [number, number];
    const joins = columns === 3 * rows ? { joins: [rows, rows, rows] } : {}; // queries, keys and values
    const role = 'matrix';
    return { name, shape, decay, role, ...joins, ...(scale !== undefined && { learningRateScale: scale }) };
  });
  const memory = new FlatMemory(arrays, muon);
  const updater = definedUpdater(memory, golden.options);
  const fill = (region: string, values: Record<string, number[]>) => {
    for (const [name, numbers] of Object.entries(values)) memory.view(region, name).set(numbers);
  };
  const apart = (region: string, values: Record<string, number[]>) =>
    Math.max(
      ...Object.entries(values).flatMap(([name, numbers]) =>
        numbers.map((x, i) => Math.abs(x - memory.view(region, name)[i]!)),
      ),
    );
  fill('parameter', golden.start);
  for (const [i, { learningRate, gradients, parameters, momentum }] of golden.steps.entries()) {
    const moved = apart('parameter', parameters);
    expect(moved).toBeGreaterThan(1e-3);
    fill('gradient', gradients);
    await updateAll(memory, golden.options, { learningRate, iteration: i + 1 }, gradientNorm(memory), updater);
    expect(apart('parameter', parameters)).toBeLessThan(1e-6);
    expect(apart('momentum', momentum)).toBeLessThan(1e-6);
  }
});

/** U diag(values) V^T with random orthonormal columns, as a tensor [rows, columns]. */
function withSingularValues(rows: number, columns: number, values: readonly number[], seed: number): tf.Tensor2D {
  const random = new Random(seed);
  const orthonormal = (length: number, count: number) => {
    const found: number[][] = [];
    while (found.length < count) {
      let vector = Array.from({ length }, () => random.normal());
      for (let pass = 0; pass < 2; pass++)
        for (const other of found) {
          const dot = vector.reduce((sum, x, i) => sum + x * other[i]!, 0);
          vector = vector.map((x, i) => x - dot * other[i]!);
        }
      const norm = Math.hypot(...vector);
      found.push(vector.map((x) => x / norm));
    }
    return found;
  };
  const [u, v] = [orthonormal(rows, values.length), orthonormal(columns, values.length)];
  const entry = (i: number, j: number) => values.reduce((sum, value, k) => sum + value * u[k]![i]! * v[k]![j]!, 0);
  return tf.tensor2d(Array.from({ length: rows }, (_, i) => Array.from({ length: columns }, (__, j) => entry(i, j))));
}

/** The eigenvalues of a symmetric matrix, by Jacobi rotations. */
function eigenvalues(symmetric: number[][]): number[] {
  const a = symmetric.map((row) => [...row]);
  const n = a.length;
  for (let sweep = 0; sweep < 30; sweep++)
    for (let p = 0; p < n; p++)
      for (let q = p + 1; q < n; q++) {
        if (Math.abs(a[p]![q]!) < 1e-14) continue;
        const angle = 0.5 * Math.atan2(2 * a[p]![q]!, a[q]![q]! - a[p]![p]!);
        const [c, s] = [Math.cos(angle), Math.sin(angle)];
        for (let k = 0; k < n; k++)
          [a[k]![p], a[k]![q]] = [c * a[k]![p]! - s * a[k]![q]!, s * a[k]![p]! + c * a[k]![q]!];
        for (let k = 0; k < n; k++)
          [a[p]![k], a[q]![k]] = [c * a[p]![k]! - s * a[q]![k]!, s * a[p]![k]! + c * a[q]![k]!];
      }
  return a.map((row, i) => row[i]!).sort((x, y) => x - y);
}

function singularValues(x: tf.Tensor2D): number[] {
  const [rows, columns] = x.shape;
  const gram = tf.matMul(x, x, rows > columns, rows <= columns).arraySync() as number[][];
  return eigenvalues(gram).map((value) => Math.sqrt(Math.max(0, value)));
}

const shapes = [[12, 12], [12, 14], [8, 40], [40, 8], [5, 6], [16, 64]] as const; // biome-ignore format: one line

test.each(shapes)('all singular values of an update come within [0.68, 1.21], %d x %d', (rows, columns) => {
  const count = Math.min(rows, columns);
  // From 1 to 0.01 of the largest one: what is smaller needs more than five iterations.
  const values = Array.from({ length: count }, (_, i) => 7 * 10 ** ((-2 * i) / (count - 1)));
  const found = singularValues(
    tf.tidy(() => orthogonalized(tf, withSingularValues(rows, columns, values, 3), 5)) as tf.Tensor2D,
  );
  expect(found).toHaveLength(count);
  expect(found[0]).toBeGreaterThan(0.68);
  expect(found.at(-1)).toBeLessThan(1.21);
});

test.each(shapes)(
  'it is what the iterations do to each singular value, which stays with its vectors, %d x %d',
  (rows, columns) => {
    const values = [3, 2, 1, 0.5, 1e-3];
    const norm = Math.hypot(...values);
    const turned = values.map((value) => {
      let s = value / norm;
      for (let i = 0; i < 5; i++) s = 3.4445 * s - 4.775 * s ** 3 + 2.0315 * s ** 5;
      return s;
    });
    // Of rank 5 at most: with directions in which there is nothing but rounding.
    const found = orthogonalized(tf, withSingularValues(rows, columns, values, 11), 5);
    const expected = withSingularValues(rows, columns, turned, 11);
    expect(tf.max(tf.abs(tf.sub(found, expected))).dataSync()[0]).toBeLessThan(2e-4);
  },
);

test('a gradient of zeros gives an update of zeros', () => {
  for (const shape of [
    [4, 4],
    [4, 12],
    [12, 4],
  ] as [number, number][])
    expect(tf.max(tf.abs(orthogonalized(tf, tf.zeros(shape), 5))).dataSync()[0]).toBe(0);
});

test('the matrices of the blocks are for Muon; everything else, adapters too, is for AdamW', () => {
  const op = (name: string, shape: number[], role?: string) =>
    muon.ruleFor({ name, shape, decay: true, ...(role !== undefined && { role }) }).op;
  expect(op('x', [4, 4], 'matrix')).toBe('Muon');
  for (const role of ['embedding', 'head', 'output', 'adapter']) expect(op('x', [4, 4], role)).toBe('AdamW');
  expect(op('x', [4], 'vector')).toBe('AdamW');
});

test.each([0, 1] as const)(
  'an array that joins matrices is updated as each of them would be, axis %d',
  async (outputAxis) => {
    const widths = [2, 5, 3];
    const shapeOf = (width: number) => (outputAxis === 0 ? [width, 4] : [4, width]);
    const drawn = (length: number, seed: number) => {
      const random = new Random(seed);
      return tf.tensor2d(
        Float32Array.from({ length: length * 4 }, () => random.normal()),
        shapeOf(length) as [number, number],
      );
    };
    const whole = { name: 'x', shape: shapeOf(10), decay: true, role: 'matrix', outputAxis, joins: widths };
    const alone = widths.map((width, i) => ({
      name: `${i}`,
      shape: shapeOf(width),
      decay: true,
      role: 'matrix',
      outputAxis,
    }));
    const run = async (arrays: OptimizedArray[], values: (region: 'parameter' | 'gradient') => tf.Tensor[]) => {
      const memory = new FlatMemory(arrays, muon);
      for (const region of ['parameter', 'gradient'] as const)
        for (const [i, tensor] of values(region).entries()) memory.view(region, arrays[i]!.name).set(tensor.dataSync());
      const options = { ...golden.options, gradClip: 0 };
      await updateAll(memory, options, { learningRate: 0.1, iteration: 1 }, 1, definedUpdater(memory, options));
      return arrays.map(({ name, shape }) => tf.tensor(memory.view('parameter', name), [...shape]));
    };
    const parts = (region: string) => widths.map((width, i) => drawn(width, i + (region === 'gradient' ? 10 : 0)));
    const [joined] = await run([whole], (region) => [tf.concat(parts(region), outputAxis)]);
    const separate = tf.concat(await run(alone, parts), outputAxis);
    expect(tf.max(tf.abs(tf.sub(joined!, separate))).dataSync()[0]).toBe(0);
  },
);

test('an update has about the root mean square of one of AdamW, 0.2 of the rate, whatever the shape (Moonlight)', async () => {
  for (const shape of [
    [64, 64],
    [32, 128],
    [128, 32],
  ]) {
    const name = 'h.0.mlp.c_fc.weight';
    const memory = new FlatMemory([{ name, shape, decay: false, role: 'matrix' }], muon);
    const options = { ...golden.options, matrixLrScale: 1, gradClip: 0 };
    const random = new Random(5);
    memory.view('gradient', name).set(Float32Array.from({ length: shape[0]! * shape[1]! }, () => random.normal()));
    await updateAll(memory, options, { learningRate: 1, iteration: 1 }, 1, definedUpdater(memory, options));
    const moved = memory.view('parameter', name);
    const rms = Math.sqrt(moved.reduce((sum, x) => sum + x * x, 0) / moved.length);
    expect(rms).toBeGreaterThan(0.2 * 0.75);
    expect(rms).toBeLessThan(0.2 * 1.15);
  }
});

import { Random } from '../rng.js';
import { adamw, addScratch, FlatMemory, gradientNorm, kernelUpdater, type Optimizer, updateAll } from './index.js';

const options = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.1, gradClip: 1 };
const updater = kernelUpdater(options, () => {});
const arrays = [
  { name: 'a', shape: [3, 5], decay: true },
  { name: 'b', shape: [5], decay: false },
  { name: 'c', shape: [40, 40], decay: true },
  { name: 'd', shape: [], decay: false },
  { name: 'e', shape: [0, 4], decay: true },
];
const names = arrays.map(({ name }) => name);

function drawn(length: number, seed: number): Float32Array {
  const random = new Random(seed);
  return Float32Array.from({ length }, () => random.normal());
}

function filled(chunkBytes?: number): FlatMemory {
  const memory = new FlatMemory(arrays, adamw, chunkBytes === undefined ? {} : { chunkBytes });
  for (const [i, name] of names.entries())
    for (const [k, region] of ['parameter', 'gradient'].entries()) {
      const view = memory.view(region, name);
      view.set(drawn(view.length, i + 10 * k));
    }
  return memory;
}

test('views are the memory itself, do not overlap and have the size of the shape', () => {
  const memory = filled();
  expect(names.map((name) => memory.view('scratch', name).length)).toEqual([15, 5, 1600, 1, 0]);
  memory.view('firstMoment', 'b').fill(7);
  expect(names.map((name) => memory.view('firstMoment', name).includes(7))).toEqual([false, true, false, false, false]);
  expect(memory.view('secondMoment', 'b').includes(7)).toBe(false);
  expect(() => memory.view('momentum', 'b')).toThrow('no momentum of an array b');
});

const { kernel, ...withoutKernel } = adamw.ruleFor();

/** Sums of rows beside each matrix, nothing for the rest. */
const rows: Optimizer = {
  name: 'rows',
  settings: {},
  ruleFor: ({ shape }) => ({
    ...withoutKernel,
    op: shape.length > 1 ? 'Rows' : 'Nothing',
    slots: () => (shape.length > 1 ? [{ name: 'rowSums', stored: 'row_sums', shape: [shape[0]!] }] : []),
  }),
};

test('each array has the slots of its own rule, in their own shapes, side by side without overlap', () => {
  const memory = new FlatMemory(arrays, rows);
  expect(memory.spans.map((span) => [span.rule.op, ...span.arrays.map(({ name }) => name)])).toEqual([
    ['Rows', 'a', 'c', 'e'],
    ['Nothing', 'b', 'd'],
  ]);
  memory.view('rowSums', 'a').fill(1);
  memory.view('rowSums', 'c').fill(2);
  memory.view('scratch', 'b').fill(3);
  expect([...memory.view('rowSums', 'a')]).toEqual([1, 1, 1]);
  expect([...memory.view('rowSums', 'c')]).toEqual(Array(40).fill(2));
  expect(() => memory.view('rowSums', 'b')).toThrow('no rowSums');
  for (const name of names) expect(memory.view('parameter', name).every((x) => x === 0)).toBe(true);
});

test('a rule with a kernel cannot have slots of another shape', () => {
  const wrong: Optimizer = { ...rows, ruleFor: (array) => ({ ...rows.ruleFor(array), kernel: kernel! }) };
  expect(() => new FlatMemory(arrays, wrong)).toThrow('Rows has a kernel, so its slots must have the shape of a');
});

test('several memories give the bits of one', async () => {
  const [one, several] = [filled(), filled(65536 + 1616 * 20)];
  expect(one.spans.length).toBe(2);
  expect(new Set(several.spans.map((span) => span.kernels)).size).toBeGreaterThan(1);
  for (const memory of [one, several])
    await updateAll(memory, options, { learningRate: 0.1, iteration: 1 }, 5, updater);
  expect(gradientNorm(several) / gradientNorm(one)).toBeCloseTo(1, 14);
  for (const name of names) expect(several.view('parameter', name)).toEqual(one.view('parameter', name));
});

test('scratch is added to the gradient', () => {
  const memory = filled();
  const before = memory.view('gradient', 'c').slice();
  memory.view('scratch', 'c').fill(0.5);
  addScratch(memory);
  expect(memory.view('gradient', 'c')).toEqual(before.map((x) => x + 0.5));
});

test('an array that fits no memory is an error with its name and shape', () => {
  const wide = { name: 'wte.weight', shape: [200_000, 2048], decay: true };
  expect(() => new FlatMemory([wide], adamw)).toThrow('wte.weight of shape [200000,2048] needs 8192000000 bytes');
});

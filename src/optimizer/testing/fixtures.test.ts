// The optimizers of the tests against the same computed plainly, in float64 and with loops.
import { Random } from '../../rng.js';
import { definedUpdater, FlatMemory, type Optimizer, updateAll } from '../index.js';
import { matrix } from './matrix.js';
import { sgd } from './sgd.js';

type Matrix = number[][];
const options = {
  ...{ beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.1, gradClip: 0, momentum: 0.8, matrixRate: 3 },
};
const learningRate = 0.02;

function drawn(length: number, seed: number): Float32Array {
  const random = new Random(seed);
  return Float32Array.from({ length }, () => random.normal());
}

const transposed = (a: Matrix): Matrix => a[0]!.map((_, j) => a.map((row) => row[j]!));
const product = (a: Matrix, b: Matrix): Matrix =>
  a.map((row) => b[0]!.map((_, j) => row.reduce((sum, x, k) => sum + x * b[k]![j]!, 0)));
const combined = (a: Matrix, x: number, b: Matrix, y: number): Matrix =>
  a.map((row, i) => row.map((value, j) => value * x + b[i]![j]! * y));

function orthogonalized(x: Matrix): Matrix {
  if (x.length > x[0]!.length) return transposed(orthogonalized(transposed(x)));
  const norm = Math.sqrt(x.flat().reduce((sum, value) => sum + value * value, 0)) + 1e-7;
  let y = x.map((row) => row.map((value) => value / norm));
  for (let i = 0; i < 3; i++) {
    const gram = product(y, transposed(y));
    const polynomial = combined(gram, -4.775, product(gram, gram), 2.0315);
    y = combined(y, 3.4445, product(polynomial, y), 1);
  }
  return y;
}

/** The parameters after three steps of the definition. */
async function defined(optimizer: Optimizer, shape: number[]): Promise<Float32Array> {
  const memory = new FlatMemory([{ name: 'x', shape, decay: shape.length > 1 }], optimizer);
  const updater = definedUpdater(memory, options);
  const size = memory.view('parameter', 'x').length;
  memory.view('parameter', 'x').set(drawn(size, 1));
  for (let iteration = 1; iteration <= 3; iteration++) {
    memory.view('gradient', 'x').set(drawn(size, 10 + iteration));
    await updateAll(memory, options, { learningRate, iteration }, 1, updater);
  }
  return memory.view('parameter', 'x').slice();
}

test.each([[[4, 6]], [[7]]])('SGD with momentum is what torch.optim.SGD documents, %j', async (shape) => {
  const size = shape.reduce((a, b) => a * b, 1);
  const decay = shape.length > 1 ? options.weightDecay : 0;
  const parameter = [...drawn(size, 1)];
  const momentum = parameter.map(() => 0);
  for (let step = 1; step <= 3; step++)
    for (const [i, gradient] of drawn(size, 10 + step).entries()) {
      momentum[i] = 0.8 * momentum[i]! + gradient + decay * parameter[i]!;
      parameter[i]! -= learningRate * momentum[i]!;
    }
  const found = await defined(sgd, shape);
  expect(Math.max(...parameter.map((x, i) => Math.abs(x - found[i]!)))).toBeLessThan(1e-6);
});

test.each([[[4, 6]], [[9, 3]]])('a matrix moves by its orthogonalized momentum, %j', async (shape) => {
  const [rows, columns] = shape as [number, number];
  const asMatrix = (data: ArrayLike<number>): Matrix =>
    Array.from({ length: rows }, (_, i) => Array.from({ length: columns }, (_, j) => data[i * columns + j]!));
  let parameter = asMatrix(drawn(rows * columns, 1));
  let momentum = parameter.map((row) => row.map(() => 0));
  const rate = 3 * learningRate;
  for (let step = 1; step <= 3; step++) {
    momentum = combined(momentum, 0.8, asMatrix(drawn(rows * columns, 10 + step)), 1);
    const move = 0.2 * Math.sqrt(Math.max(rows, columns)) * rate;
    parameter = combined(parameter, 1 - rate * options.weightDecay, orthogonalized(momentum), -move);
  }
  const found = await defined(matrix, shape);
  expect(Math.max(...parameter.flat().map((x, i) => Math.abs(x - found[i]!)))).toBeLessThan(1e-5);
});

test('what is no matrix of a block is left to AdamW', () => {
  const of = (shape: number[], role?: string) =>
    matrix.ruleFor({ name: 'x', shape, decay: true, ...(role !== undefined && { role }) }).op;
  expect([of([3, 4], 'matrix'), of([3, 4], 'embedding'), of([3, 4], 'head'), of([4], 'norm')]).toEqual([
    'Matrix',
    'AdamW',
    'AdamW',
    'AdamW',
  ]);
});

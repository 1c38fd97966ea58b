import type { GptError } from '../errors.js';
import { adamw } from '../optimizer/index.js';
import { estimateMemory, fitting, gigabytes, requireMemory } from './memory.js';

const specs = [
  { name: 'a', shape: [1000, 1000], decay: true },
  { name: 'b', shape: [500, 1000], decay: true, trainable: false },
];
const optimizer = adamw;
const million = 1e6;
const graphsOf = (...values: number[]) => values.map((bytes) => ({ values: bytes, nodes: 250 }));

test('a trained parameter has a gradient, its copy and optimizer slots, a frozen one nothing', () => {
  const {
    parameters,
    gradients,
    optimizer: slots,
    activations,
    runtime,
    total,
  } = estimateMemory({
    specs,
    optimizer,
    gradAccum: 1,
    graphs: graphsOf(7 * million, 2 * million),
  });
  expect({ parameters, gradients, slots, activations }).toEqual({
    parameters: 6 * million,
    gradients: 8 * million,
    slots: 8 * million,
    activations: 9 * million,
  });
  expect(total).toBe(31 * million + runtime);
});

test('a frozen matrix in 8 or 4 bits takes its codes and scales', () => {
  const frozen = (bits: 8 | 4) =>
    [3, 1].map((blocks, i) => ({
      ...{ name: String(i), shape: [64, 64 * blocks], decay: true, trainable: false },
      quantized: { bits, outputAxis: 0 } as const,
    }));
  const of = (bits: 8 | 4) => estimateMemory({ specs: frozen(bits), optimizer, gradAccum: 1, graphs: graphsOf(1000) });
  expect(of(8).parameters).toBe(4 * 64 * (64 + 4));
  expect(of(4).parameters).toBe(4 * 64 * (32 + 4));
});

test('accumulation needs a second gradient', () => {
  const one = estimateMemory({ specs, optimizer, gradAccum: 1, graphs: [] });
  const four = estimateMemory({ specs, optimizer, gradAccum: 4, graphs: [] });
  expect(four.total - one.total).toBe(4 * million);
});

describe('with openvino', () => {
  const parts = {
    specs,
    optimizer,
    graphs: graphsOf(6 * million, 4 * million),
    engine: 'openvino',
    precision: 'f32',
  } as const;

  test('gradients are there once, with accumulation twice, and activations are held with more room', () => {
    const { gradients, activations } = estimateMemory({ ...parts, gradAccum: 1 });
    expect({ gradients, activations }).toEqual({ gradients: 4 * million, activations: 15 * million });
    expect(estimateMemory({ ...parts, gradAccum: 4 }).gradients).toBe(8 * million);
    expect(estimateMemory({ ...parts, gradAccum: 1, precision: 'bf16' }).activations).toBe(10 * million);
  });

  test('each program keeps the weights once more, packed ones as they are unpacked', () => {
    const runtime = (more: object) => estimateMemory({ ...parts, gradAccum: 1, ...more }).runtime;
    expect(runtime({ programs: 3 }) - runtime({})).toBeCloseTo(2 * 2.2 * 6 * million, 0);
    const quantized = { bits: 8, outputAxis: 0 } as const;
    expect(runtime({ specs: [specs[0]!, { ...specs[1]!, quantized }] })).toBe(runtime({}));
  });

  // Layers x width, context x batch: parameters, the peaks of both graphs, and what the process took at most, in MB.
  test.each([
    ['f32', 3.34, 42.9, 313],
    ['f32', 43.4, 301.6, 973],
    ['f32', 101.9, 410.1, 1417],
    ['f32', 341.2, 188.3, 2628],
    ['f32', 13.4, 419.7, 934],
    ['bf16', 3.34, 42.9, 295],
    ['bf16', 43.4, 301.6, 823],
    ['bf16', 341.2, 188.3, 2692],
    ['bf16', 13.4, 419.7, 733],
  ] as const)('%s: %d MB of parameters and %d of values took %d', (precision, parameters, values, measured) => {
    const all = [{ name: 'a', shape: [(parameters * million) / 4], decay: true }];
    const { total } = estimateMemory({
      ...parts,
      specs: all,
      gradAccum: 1,
      graphs: graphsOf(values * million),
      precision,
    });
    expect(Math.abs(total / million / measured - 1)).toBeLessThan(0.06);
  });
});

describe('with tensorflow', () => {
  const of = (more: object) =>
    estimateMemory({
      specs,
      optimizer,
      gradAccum: 1,
      graphs: graphsOf(700 * million, 20 * million),
      engine: 'tensorflow',
      ...more,
    });

  test('gradients are there once, with accumulation twice, and graphs take their memory in turn', () => {
    const { gradients, optimizer: slots, activations } = of({ jit: 'graph' });
    expect({ gradients, slots, activations }).toEqual({
      gradients: 4 * million,
      slots: 8 * million,
      activations: 560 * million,
    });
    expect(of({ jit: 'graph', gradAccum: 4 }).gradients).toBe(8 * million);
  });

  test('auto takes what the hungrier way does', () => {
    const totals = ['graph', 'xla'].map((jit) => of({ jit }).total);
    expect(of({}).total).toBe(Math.max(...totals));
    expect(totals[1]).toBeGreaterThan(totals[0]!);
  });
});

const wide = estimateMemory({ specs, optimizer, gradAccum: 1, graphs: graphsOf(1200 * million) });
const refusal = (limit: number): Partial<GptError> => {
  try {
    requireMemory(wide, { batchSize: 12, gradAccum: 2 }, limit);
  } catch (error) {
    return error as GptError;
  }
  return {};
};

test('what fits is not refused', () => {
  expect(refusal(wide.total)).toEqual({});
});

test('what does not fit is refused with the batch that would', () => {
  const { code, message, hint } = refusal(wide.total - 800 * million);
  expect(code).toBe('run/memory');
  expect(message).toBe('the run needs about 1.4 GB of memory, 592 MB are available');
  expect(hint).toMatch(/^--batch-size 4 --grad-accum 6 .*--no-memory-check/);
});

test('the advice counts the scratch that accumulation then needs', () => {
  const fixed = wide.total - wide.activations;
  const fits = (limit: number) => fitting(wide, { batchSize: 4, gradAccum: 1 }, limit);
  expect(fits(fixed + 600 * million)).toEqual({ batchSize: 1, gradAccum: 4 });
  expect(fits(fixed + 604 * million)).toEqual({ batchSize: 2, gradAccum: 2 });
});

test('a model that does not fit at all is reported as such', () => {
  expect(refusal(million).hint).toMatch(/^not even a batch of one .*--n-embd/);
});

test('the machine that runs this has room for a small run', () => {
  expect(() =>
    requireMemory(estimateMemory({ specs: [], optimizer, gradAccum: 1, graphs: [] }), { batchSize: 1, gradAccum: 1 }),
  ).not.toThrow();
});

test('sizes are shown in the unit that fits', () => {
  expect([gigabytes(4.84e9), gigabytes(571.6e6), gigabytes(0.97e9)]).toEqual(['4.8 GB', '572 MB', '1.0 GB']);
});

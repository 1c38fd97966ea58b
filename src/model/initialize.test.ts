import { initialize } from './initialize.js';
import { parameterSpecs } from './registry.js';
import { tiny } from './testing/eager.js';

const config = { ...tiny, nEmbd: 64, vocabSize: 300 };
const all = (seed: number) =>
  new Map([...initialize(parameterSpecs(config), seed)].map(({ name, data }) => [name, data]));
const bytes = (data: Float32Array) => Buffer.from(data.buffer).toString('base64');

function moments(data: Float32Array) {
  const mean = data.reduce((sum, x) => sum + x, 0) / data.length;
  const variance = data.reduce((sum, x) => sum + (x - mean) ** 2, 0) / data.length;
  const fourth = data.reduce((sum, x) => sum + (x - mean) ** 4, 0) / data.length;
  return { mean, deviation: Math.sqrt(variance), kurtosis: fourth / variance ** 2 };
}

describe('initialize', () => {
  test('gives every parameter in order, each of its size', () => {
    const specs = parameterSpecs(config);
    const found = [...initialize(specs, 1)].map(({ name, data }) => [name, data.length]);
    expect(found).toEqual(specs.map(({ name, shape }) => [name, shape.reduce((a, b) => a * b)]));
  });

  test('matrices are normal of deviation 0.02, residual projections 0.02 / sqrt(2 layers)', () => {
    const values = all(1);
    for (const [name, expected] of [
      ['wte.weight', 0.02],
      ['h.0.attn.c_attn.weight', 0.02],
      ['h.1.attn.c_proj.weight', 0.01],
      ['h.1.mlp.c_proj.weight', 0.01],
    ] as const) {
      const { mean, deviation, kurtosis } = moments(values.get(name)!);
      expect(Math.abs(mean)).toBeLessThan(0.05 * expected);
      expect(Math.abs(deviation / expected - 1)).toBeLessThan(0.03);
      expect(Math.abs(kurtosis - 3)).toBeLessThan(0.25);
    }
  });

  test('norms start as ones, biases as zeros', () => {
    const values = all(1);
    expect(new Set(values.get('h.0.ln_1.weight'))).toEqual(new Set([1]));
    expect(new Set(values.get('h.0.mlp.c_fc.bias'))).toEqual(new Set([0]));
  });

  test('the same seed gives the same bits, another seed others, and no two parameters are alike', () => {
    const [one, again, other] = [all(1), all(1), all(2)];
    for (const [name, data] of one) expect(bytes(again.get(name)!) === bytes(data)).toBe(true);
    const matrices = [one, other].flatMap((values) =>
      [...values].filter(([name]) => /(wte|wpe|attn|proj|fc)\.weight$|attn\.\w+\.weight$/.test(name)),
    );
    expect(matrices.length).toBe(2 * 10);
    expect(new Set(matrices.map(([, data]) => bytes(data))).size).toBe(matrices.length);
  });

  test('an odd size has a last value too', () => {
    const spec = {
      name: 'x',
      shape: [3],
      decay: true,
      role: 'matrix',
      init: { kind: 'normal', deviation: 1 },
    } as const;
    const [{ data }] = [...initialize([spec], 3)] as unknown as [{ data: Float32Array }];
    expect(data.length).toBe(3);
    expect(data.every((value) => value !== 0 && Number.isFinite(value))).toBe(true);
  });
});

import fc from 'fast-check';
import { type Bits, bytesOf, dequantize, emptyMatrix, formatOf, quantizeInto } from './index.js';

function quantized(values: ArrayLike<number>, rows: number, columns: number, bits: Bits, outputAxis: 0 | 1 = 0) {
  const matrix = emptyMatrix(rows, columns, bits);
  quantizeInto(matrix, Float32Array.from(values), outputAxis);
  return matrix;
}

test('4 bits worked by hand: the largest magnitude gets code 0, the others the nearest code, two in a byte', () => {
  // scale = 8 / -8 = -1: code = floor(8.5 - x)
  const { codes, scales } = quantized([8, -4, 3.4, 0, -7.6, -9 + 1], 1, 6, 4);
  expect([...scales]).toEqual([-1]);
  expect([...codes.subarray(0, 4)]).toEqual([0 | (12 << 4), 5 | (8 << 4), 15 | (15 << 4), 0x88]);
  expect([...dequantize(quantized([8, -4, 3.4, 0, -7.6], 1, 5, 4), 0)]).toEqual([8, -4, 3, 0, -7]);
});

test('8 bits worked by hand: each block of 64 inputs has its own scale', () => {
  const row = new Float32Array(130);
  row.set([-64, 1, 0.3], 0);
  row.set([256, 3], 64);
  row.set([0.5], 128);
  const { codes, scales } = quantized(row, 1, 130, 8);
  expect([...scales]).toEqual([0.5, -2, -0.00390625]);
  expect([...codes.subarray(0, 4)]).toEqual([0, 130, 129, 128]);
  expect([...codes.subarray(64, 67)]).toEqual([0, 127, 128]); // 3 / -2 + 128.5 = 127
  expect(codes.length).toBe(192);
});

test('[in, out] is the transpose of [out, in]', () => {
  const [rows, columns] = [3, 70];
  const values = Float32Array.from({ length: rows * columns }, (_, i) => Math.sin(i * i));
  const turned = Float32Array.from(values, (_, i) => values[(i % rows) * columns + Math.floor(i / rows)]!);
  for (const bits of [8, 4] as const) {
    const [one, other] = [quantized(values, rows, columns, bits, 0), quantized(turned, rows, columns, bits, 1)];
    expect(other).toEqual(one);
    const back = dequantize(one, 0);
    const expected = Float32Array.from(back, (_, i) => back[(i % rows) * columns + Math.floor(i / rows)]!);
    expect(dequantize(other, 1)).toEqual(expected);
  }
});

test('a number is off by one step at most, and what was dequantized is quantized to the same codes and scales', () => {
  const numbers = fc.float({ noNaN: true, noDefaultInfinity: true, min: Math.fround(-1e30), max: Math.fround(1e30) });
  const property = fc.property(
    fc.constantFrom<Bits>(8, 4),
    fc.array(numbers, { minLength: 1, maxLength: 150 }),
    (bits, values) => {
      const matrix = quantized(values, 1, values.length, bits);
      const back = dequantize(matrix, 0);
      expect(quantized(back, 1, values.length, bits)).toEqual(matrix);
      values.forEach((value, i) => {
        const step = Math.abs(matrix.scales[i >> 6]!);
        expect(Math.abs(back[i]! - value)).toBeLessThanOrEqual(step * 1.001 + 2e-43); // scales below the smallest float32 are 0
      });
    },
  );
  fc.assert(property, { numRuns: 200 });
});

test('a block with NaN or infinity becomes NaN, its neighbours do not', () => {
  for (const wrong of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
    const values = new Float32Array(128).fill(1);
    values[3] = wrong;
    const back = dequantize(quantized(values, 1, 128, 8), 0);
    expect(back.subarray(0, 64).every(Number.isNaN)).toBe(true);
    expect(back.subarray(64).every((value) => value === 1)).toBe(true);
  }
});

test('zeros stay zeros, and the memory is that of codes and scales', () => {
  const matrix = quantized(new Float32Array(2 * 128), 2, 128, 4);
  expect(dequantize(matrix, 0)).toEqual(new Float32Array(2 * 128));
  expect(bytesOf(matrix)).toBe(2 * 2 * (32 + 4));
});

test('blocks have the bits of the scheme, tables by token 8, vectors, positions and heads none', () => {
  const shape = [64, 128];
  expect(formatOf({ shape, role: 'matrix' }, 'int4')).toEqual({ bits: 4, outputAxis: 1 });
  expect(formatOf({ shape, role: 'matrix', outputAxis: 0 }, 'int8')).toEqual({ bits: 8, outputAxis: 0 });
  expect(formatOf({ shape, role: 'embedding', perToken: true }, 'int4')).toEqual({ bits: 8, outputAxis: 0 });
  expect(formatOf({ shape, role: 'output', perToken: true, outputAxis: 0 }, 'int4')).toEqual({
    bits: 8,
    outputAxis: 0,
  });
  expect(formatOf({ shape, role: 'embedding' }, 'int4')).toBeUndefined();
  expect(formatOf({ shape: [64], role: 'vector' }, 'int8')).toBeUndefined();
  expect(formatOf({ shape, role: 'head' }, 'int8')).toBeUndefined();
});

// Number formats against PyPI's gguf: test/goldens/gguf.json, written by scripts/goldens/gguf_formats.py.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bfloat16Of, float16Of } from '../checkpoint/safetensors/dtype.js';
import { dequantize } from './dequantize.js';
import { quantize } from './quantize.js';
import { formatNamed } from './types.js';

interface Golden {
  readonly blocks: Record<string, { data: string; values: number[] }>;
  readonly quantized: Record<string, { data: string; values: number[] }>;
}

const golden: Golden = JSON.parse(readFileSync(join(__dirname, '../../test/goldens/gguf.json'), 'utf8'));
/** A copy of its own, aligned. */
const bytes = (text: string) => Uint8Array.from(Buffer.from(text, 'base64'));

test.each(Object.entries(golden.blocks))('%s: every number of a block, bit for bit', (name, { data, values }) => {
  const out = new Float32Array(values.length);
  dequantize(formatNamed(name)!, bytes(data), out);
  expect(Array.from(out)).toEqual(values.map(Math.fround));
});

test.each(Object.entries(golden.quantized))('%s: written as the reference code writes it', (name, { data, values }) => {
  const written = quantize(formatNamed(name)!, Float32Array.from(values));
  expect(Buffer.from(written).toString('base64')).toBe(data);
});

test.each([
  [0, 0],
  [-0, 0x8000],
  [1, 0x3c00],
  [65504, 0x7bff],
  [65519, 0x7bff],
  [65520, 0x7c00],
  [Number.NEGATIVE_INFINITY, 0xfc00],
  [2 ** -24, 1],
  [2 ** -25, 0], // halfway between 0 and the smallest: to even
  [3 * 2 ** -25, 2],
  [1 + 2 ** -11, 0x3c00],
  [1 + 3 * 2 ** -11, 0x3c02],
])('%d as float16 is %d', (value, expected) => {
  expect(float16Of(value)).toBe(expected);
});

test('NaN stays NaN', () => {
  expect(float16Of(Number.NaN) & 0x7fff).toBeGreaterThan(0x7c00);
  expect(bfloat16Of(Number.NaN) & 0x7fff).toBeGreaterThan(0x7f80);
});

// float32 to ggml's formats, as ggml's reference code rounds: what a file written here holds, llama.cpp would have written too.
import { bfloat16Of, float16Of } from '../checkpoint/safetensors/dtype.js';
import type { BlockFormat } from './types.js';

const { fround } = Math;
function putHalf(out: Uint8Array, at: number, half: number): void {
  out[at] = half & 255;
  out[at + 1] = half >> 8;
}

/** d = the value of largest magnitude / -8; q = round(x / d) + 8, 0 to 15. */
function q4(values: Float32Array, from: number, out: Uint8Array, to: number): void {
  let most = 0;
  for (let j = 0; j < 32; j++) if (Math.abs(values[from + j]!) > Math.abs(most)) most = values[from + j]!;
  const d = fround(most / -8);
  const inverse = d === 0 ? 0 : fround(1 / d);
  putHalf(out, to, float16Of(d));
  const q = (value: number) => Math.min(15, Math.trunc(fround(fround(value * inverse) + 8.5)));
  for (let j = 0; j < 16; j++) out[to + 2 + j] = q(values[from + j]!) | (q(values[from + j + 16]!) << 4);
}

/** d = the largest magnitude / 127; q = round(x / d), halves away from zero. */
function q8(values: Float32Array, from: number, out: Uint8Array, to: number): void {
  let most = 0;
  for (let j = 0; j < 32; j++) most = Math.max(most, Math.abs(values[from + j]!));
  const d = fround(most / 127);
  const inverse = d === 0 ? 0 : fround(1 / d);
  putHalf(out, to, float16Of(d));
  for (let j = 0; j < 32; j++) {
    const scaled = fround(values[from + j]! * inverse);
    out[to + 2 + j] = Math.sign(scaled) * Math.floor(Math.abs(scaled) + 0.5);
  }
}

/** The formats that can be written. */
export const writable = ['F32', 'F16', 'BF16', 'Q8_0', 'Q4_0'] as const;
export type Writable = (typeof writable)[number];

/** @param values whole blocks */
export function quantize({ name, size, bytes }: BlockFormat, values: Float32Array): Uint8Array {
  if (name === 'F32') return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const out = new Uint8Array((values.length / size) * bytes);
  if (name === 'F16' || name === 'BF16') {
    const of = name === 'F16' ? float16Of : bfloat16Of;
    for (let i = 0; i < values.length; i++) putHalf(out, 2 * i, of(values[i]!));
    return out;
  }
  const block = name === 'Q8_0' ? q8 : q4;
  for (let i = 0; i * size < values.length; i++) block(values, i * size, out, i * bytes);
  return out;
}

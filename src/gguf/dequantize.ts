// ggml's blocks of quantized numbers to float32, rounded as ggml and PyPI's gguf round: after every multiplication and addition.
// In all formats a block of 4- or 5-bit numbers keeps the first half of its numbers in the low halves of its bytes.
import { float16Bits, toFloat32 } from '../checkpoint/safetensors/dtype.js';
import type { BlockFormat } from './types.js';

const { fround } = Math;

const bits = new Uint32Array(1);
const number = new Float32Array(bits.buffer);

/** The float16 at a byte. */
function half(data: Uint8Array, at: number): number {
  bits[0] = float16Bits(data[at]! | (data[at + 1]! << 8));
  return number[0]!;
}

/** One block at `from` of `data` to its numbers at `to` of `out`. */
type Block = (data: Uint8Array, from: number, out: Float32Array, to: number) => void;

/** 32 numbers of 4 bits: d (q - 8), or d q + m. */
const q4 =
  (offset: boolean): Block =>
  (data, from, out, to) => {
    const d = half(data, from);
    const m = offset ? half(data, from + 2) : 0;
    const qs = from + (offset ? 4 : 2);
    const value = (q: number) => (offset ? fround(fround(d * q) + m) : fround(d * (q - 8)));
    for (let j = 0; j < 16; j++) {
      const byte = data[qs + j]!;
      out[to + j] = value(byte & 15);
      out[to + j + 16] = value(byte >> 4);
    }
  };

/** 32 numbers of 5 bits, the fifth bits in a word of their own: d (q - 16), or d q + m. */
const q5 =
  (offset: boolean): Block =>
  (data, from, out, to) => {
    const d = half(data, from);
    const m = offset ? half(data, from + 2) : 0;
    const high = from + (offset ? 4 : 2);
    const value = (q: number) => (offset ? fround(fround(d * q) + m) : fround(d * (q - 16)));
    const fifth = (i: number) => ((data[high + (i >> 3)]! >> (i & 7)) & 1) << 4;
    for (let j = 0; j < 16; j++) {
      const byte = data[high + 4 + j]!;
      out[to + j] = value((byte & 15) | fifth(j));
      out[to + j + 16] = value((byte >> 4) | fifth(j + 16));
    }
  };

const q8: Block = (data, from, out, to) => {
  const d = half(data, from);
  for (let j = 0; j < 32; j++) out[to + j] = fround(d * ((data[from + 2 + j]! << 24) >> 24));
};

/** The scale and the minimum of group j of 8 in a super-block: 6 bits each, in 12 bytes. */
function scaleAndMinimum(data: Uint8Array, from: number, j: number): [number, number] {
  const q = (i: number) => data[from + i]!;
  if (j < 4) return [q(j) & 63, q(j + 4) & 63];
  return [(q(j + 4) & 15) | ((q(j - 4) >> 6) << 4), (q(j + 4) >> 4) | ((q(j) >> 6) << 4)];
}

/** 256 numbers in 8 groups: d scale q - dmin minimum, q of 4 bits, or of 5 with the fifth bits apart. */
const groupsOf32 =
  (fifthBits: boolean): Block =>
  (data, from, out, to) => {
    const [d, dmin] = [half(data, from), half(data, from + 2)];
    const high = from + 16;
    const low = high + (fifthBits ? 32 : 0);
    for (let group = 0; group < 8; group++) {
      const [scale, minimum] = scaleAndMinimum(data, from + 4, group);
      const [s, m] = [fround(d * scale), fround(dmin * minimum)];
      const pair = low + (group >> 1) * 32;
      const shift = (group & 1) * 4;
      for (let l = 0; l < 32; l++) {
        const fifth = fifthBits ? ((data[high + l]! >> group) & 1) << 4 : 0;
        out[to + group * 32 + l] = fround(fround(s * (((data[pair + l]! >> shift) & 15) | fifth)) - m);
      }
    }
  };

/** 256 numbers of 6 bits in 16 groups: d scale (q - 32). */
const q6k: Block = (data, from, out, to) => {
  const d = half(data, from + 208);
  for (let part = 0; part < 2; part++) {
    const [low, high, scales] = [from + part * 64, from + 128 + part * 32, from + 192 + part * 8];
    for (let row = 0; row < 4; row++) {
      for (let l = 0; l < 32; l++) {
        const nibble = (data[low + (row & 1) * 32 + l]! >> ((row >> 1) * 4)) & 15;
        const q = (nibble | (((data[high + l]! >> (row * 2)) & 3) << 4)) - 32;
        const scale = (data[scales + row * 2 + (l >> 4)]! << 24) >> 24;
        out[to + part * 128 + row * 32 + l] = fround(fround(d * scale) * q);
      }
    }
  }
};

const blocks: Readonly<Record<string, Block>> = {
  Q4_0: q4(false),
  Q4_1: q4(true),
  Q5_0: q5(false),
  Q5_1: q5(true),
  Q8_0: q8,
  Q4_K: groupsOf32(false),
  Q5_K: groupsOf32(true),
  Q6_K: q6k,
};

/**
 * @param data whole blocks, aligned to 4 bytes
 * @param out as many numbers as the blocks hold
 */
export function dequantize({ name, size, bytes }: BlockFormat, data: Uint8Array, out: Float32Array): void {
  if (name === 'F32' || name === 'F16' || name === 'BF16') {
    toFloat32(data, name, out);
    return;
  }
  const block = blocks[name]!;
  for (let i = 0; i * size < out.length; i++) block(data, i * bytes, out, i * size);
}

// Number formats of safetensors files: those that we read to float32, and back.

/** Bytes of one number, for every dtype the format knows. */
export const bytesOf: Readonly<Record<string, number>> = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  F8_E4M3: 1,
  F8_E5M2: 1,
  F8_E8M0: 1,
  U16: 2,
  I16: 2,
  F16: 2,
  BF16: 2,
  U32: 4,
  I32: 4,
  F32: 4,
  U64: 8,
  I64: 8,
  F64: 8,
};

/** The dtypes whose numbers can be read. */
export type ReadableDType = 'F32' | 'F16' | 'BF16';

export function isReadable(dtype: string): dtype is ReadableDType {
  return dtype === 'F32' || dtype === 'F16' || dtype === 'BF16';
}

/** Turns little-endian numbers of `dtype` into float32. Exact: both 16-bit formats are subsets, NaN payloads aside. */
export function toFloat32(bytes: Uint8Array, dtype: ReadableDType, target: Float32Array): void {
  if (dtype === 'F32') {
    new Uint8Array(target.buffer, target.byteOffset, target.byteLength).set(bytes);
    return;
  }
  const halves = new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 2);
  const bits = new Uint32Array(target.buffer, target.byteOffset, target.length);
  if (dtype === 'BF16') {
    for (let i = 0; i < halves.length; i++) bits[i] = halves[i]! << 16;
  } else {
    for (let i = 0; i < halves.length; i++) bits[i] = float16Bits(halves[i]!);
  }
}

/** The float32 bits of the IEEE half with these bits. */
export function float16Bits(half: number): number {
  const sign = (half & 0x8000) << 16;
  const exponent = (half >> 10) & 0x1f;
  let fraction = half & 0x3ff;
  if (exponent === 0x1f) return sign | 0x7f800000 | (fraction << 13);
  if (exponent > 0) return sign | ((exponent + 112) << 23) | (fraction << 13);
  if (fraction === 0) return sign;
  // Subnormal: shift until the leading one falls out.
  const shift = Math.clz32(fraction) - 21;
  fraction = (fraction << shift) & 0x3ff;
  return sign | ((113 - shift) << 23) | (fraction << 13);
}

const bits = new Uint32Array(1);
const number = new Float32Array(bits.buffer);

/** The bits of the nearest float16; ties to even. */
export function float16Of(value: number): number {
  number[0] = value;
  const from = bits[0]!;
  const sign = (from >>> 16) & 0x8000;
  const magnitude = from & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00; // NaN
  if (magnitude >= 0x47800000) return sign | 0x7c00; // too large: infinity
  if (magnitude < 0x38800000) {
    // Subnormal: a multiple of 2^-24.
    const steps = Math.abs(value) * 2 ** 24;
    const floor = Math.floor(steps);
    const rest = steps - floor;
    return sign | (floor + (rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? 1 : 0));
  }
  const rounded = magnitude + 0xfff + ((magnitude >> 13) & 1);
  return sign | ((rounded - 0x38000000) >> 13);
}

/** The bits of the nearest bfloat16; ties to even, NaN stays NaN. */
export function bfloat16Of(value: number): number {
  number[0] = value;
  const from = bits[0]!;
  if ((from & 0x7fffffff) > 0x7f800000) return (from >>> 16) | 64;
  return (from + 0x7fff + ((from >>> 16) & 1)) >>> 16;
}

/** float32 as little-endian numbers of `dtype`, each the nearest one, ties to even. F32 shares the memory. */
export function fromFloat32(values: Float32Array, dtype: ReadableDType): Uint8Array {
  if (dtype === 'F32') return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const nearest = dtype === 'F16' ? float16Of : bfloat16Of;
  const halves = new Uint16Array(values.length);
  for (let i = 0; i < values.length; i++) halves[i] = nearest(values[i]!);
  return new Uint8Array(halves.buffer);
}

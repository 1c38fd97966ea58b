// Rows of a matrix quantized in blocks of 32 numbers, as onnxruntime's MatMulNBits reads them: unsigned integers around the middle
// of their range, and a float32 scale for each block. A row's last block is filled up with zeros.

/** Numbers that share a scale. */
export const blockSize = 32;

export type Bits = 4 | 8;

export interface QuantizedRows {
  /** [rows, blocks, 32 bits / 8]; of 4 bits the even elements are the low halves of bytes. */
  readonly data: Uint8Array;
  /** [rows, blocks] */
  readonly scales: Float32Array;
  /** Of a row. */
  readonly blocks: number;
}

/** @param values [rows, columns], row-major */
export function quantizeRows(values: Float32Array, rows: number, columns: number, bits: Bits): QuantizedRows {
  const blocks = Math.ceil(columns / blockSize);
  const scales = new Float32Array(rows * blocks);
  const quantized = new Uint8Array(rows * blocks * blockSize);
  const write = bits === 8 ? quantize8 : quantize4;
  for (let row = 0; row < rows; row++)
    for (let block = 0; block < blocks; block++) {
      const from = row * columns + block * blockSize;
      const part = values.subarray(from, Math.min(from + blockSize, (row + 1) * columns));
      const at = row * blocks + block;
      scales[at] = write(part, quantized.subarray(at * blockSize, (at + 1) * blockSize));
    }
  return { data: bits === 8 ? quantized : packed(quantized), scales, blocks };
}

/** The largest magnitude becomes 127 steps. @returns the scale */
function quantize8(values: Float32Array, out: Uint8Array): number {
  const scale = Math.fround(values.reduce((most, value) => Math.max(most, Math.abs(value)), 0) / 127);
  return fill(out, values, scale, 128, 255);
}

/** The value of largest magnitude becomes -8 steps, so that all 16 integers are used. @returns the scale, of either sign */
function quantize4(values: Float32Array, out: Uint8Array): number {
  const extreme = values.reduce((most, value) => (Math.abs(value) > Math.abs(most) ? value : most), 0);
  return fill(out, values, Math.fround(extreme / -8), 8, 15);
}

function fill(out: Uint8Array, values: Float32Array, scale: number, middle: number, most: number): number {
  out.fill(middle);
  if (scale !== 0)
    values.forEach((value, i) => {
      out[i] = Math.min(most, Math.round(value / scale) + middle);
    });
  return scale;
}

/** Two integers of 4 bits in each byte. */
function packed(values: Uint8Array): Uint8Array {
  return Uint8Array.from({ length: values.length / 2 }, (_, i) => values[2 * i]! | (values[2 * i + 1]! << 4));
}

// Matrices in 8 or 4 bits: blocks of 64 numbers along the inputs, each with a scale of its own, symmetric around zero. The layout is
// that of onnxruntime's MatMulNBits. Knows no engine, no file and no model.

export type Bits = 8 | 4;

/** Numbers that share a scale. */
export const blockSize = 64;

/** A matrix by its outputs (rows) and inputs (columns): value = scale * (code - 2^(bits - 1)). */
export interface QuantizedMatrix {
  readonly bits: Bits;
  readonly rows: number;
  readonly columns: number;
  /** [rows, blocks, 64 * bits / 8]; of two codes in a byte the lower half is the first. The last block is filled up with zeros. */
  readonly codes: Uint8Array;
  /** [rows, blocks] */
  readonly scales: Float32Array;
}

/** How a float32 matrix lies in memory: row-major [in, out] (1), or [out, in] (0). */
export type OutputAxis = 0 | 1;

/** How many blocks a row of so many inputs has. */
export function blocksOf(columns: number): number {
  return Math.ceil(columns / blockSize);
}

/** All zeros. Native code may read the arrays where they lie: with buffers of their own they are never moved, however small. */
export function emptyMatrix(rows: number, columns: number, bits: Bits): QuantizedMatrix {
  const blocks = rows * blocksOf(columns);
  const codes = new Uint8Array(new ArrayBuffer((blocks * blockSize * bits) / 8)).fill(bits === 8 ? 0x80 : 0x88);
  return { bits, rows, columns, codes, scales: new Float32Array(new ArrayBuffer(4 * blocks)) };
}

/** Memory of codes and scales. */
export function bytesOf({ codes, scales }: QuantizedMatrix): number {
  return codes.byteLength + scales.byteLength;
}

/**
 * Rounds a matrix into `target`. The number of largest magnitude of a block is exact, and what was dequantized before gets the
 * same codes and scales again. A block with NaN or infinity becomes NaN.
 * @param values of rows * columns numbers
 */
export function quantizeInto(target: QuantizedMatrix, values: Float32Array, outputAxis: OutputAxis): void {
  const { bits, codes, scales } = target;
  const block = new Float32Array(blockSize);
  const bytes = (blockSize * bits) / 8;
  eachBlock(target, outputAxis, (index, from, stride, count) => {
    block.fill(0);
    for (let i = 0; i < count; i++) block[i] = values[from + i * stride]!;
    scales[index] = scaleOf(block, bits);
    encode(block, scales[index]!, bits, codes.subarray(index * bytes, (index + 1) * bytes));
  });
}

/** The float32 numbers, row-major, as the products compute with them. */
export function dequantize(matrix: QuantizedMatrix, outputAxis: OutputAxis): Float32Array {
  const { bits, rows, columns, codes, scales } = matrix;
  const values = new Float32Array(rows * columns);
  const middle = 2 ** (bits - 1);
  eachBlock(matrix, outputAxis, (index, to, stride, count) => {
    const scale = scales[index]!;
    const first = index * blockSize;
    for (let i = 0; i < count; i++) {
      const value = scale * (codeAt(codes, bits, first + i) - middle);
      values[to + i * stride] = value + 0; // no -0
    }
  });
  return values;
}

/**
 * Calls `visit` with the number of each block and where its numbers lie in a float32 matrix: the first one, the distance between
 * neighbours, how many. Neighbouring outputs follow each other, which keeps [in, out] matrices in the cache.
 */
function eachBlock(
  { rows, columns }: QuantizedMatrix,
  outputAxis: OutputAxis,
  visit: (index: number, from: number, stride: number, count: number) => void,
): void {
  const blocks = blocksOf(columns);
  const [byRow, stride] = outputAxis === 0 ? [columns, 1] : [1, rows];
  for (let block = 0; block < blocks; block++) {
    const count = Math.min(blockSize, columns - block * blockSize);
    for (let row = 0; row < rows; row++)
      visit(row * blocks + block, row * byRow + block * blockSize * stride, stride, count);
  }
}

/** The number of largest magnitude gets the lowest code. */
function scaleOf(block: Float32Array, bits: Bits): number {
  let most = 0;
  let finite = 0;
  for (let i = 0; i < blockSize; i++) {
    const value = block[i]!;
    if (Math.abs(value) > Math.abs(most)) most = value;
    finite += value * 0;
  }
  return finite === 0 ? Math.fround(most / -(2 ** (bits - 1))) + 0 : Number.NaN; // no -0
}

function encode(block: Float32Array, scale: number, bits: Bits, codes: Uint8Array): void {
  const middle = 2 ** (bits - 1);
  const most = 2 * middle - 1;
  const inverse = scale === 0 ? 0 : 1 / scale;
  const code = (i: number) => Math.max(0, Math.min(most, Math.floor(block[i]! * inverse + middle + 0.5)));
  if (bits === 8) for (let i = 0; i < blockSize; i++) codes[i] = code(i);
  else for (let i = 0; i < blockSize; i += 2) codes[i / 2] = code(i) | (code(i + 1) << 4);
}

function codeAt(codes: Uint8Array, bits: Bits, index: number): number {
  if (bits === 8) return codes[index]!;
  return (codes[index >> 1]! >> (4 * (index & 1))) & 15;
}

// The numbers of a parameter as GGUF stores them, and back.
import type { GgufLayout } from '../model/gguf-format.js';

/** The shape in the file, as torch counts. */
export function storedShape(shape: readonly number[], layout: GgufLayout): readonly number[] {
  return layout === 'transposed' ? [...shape].reverse() : shape;
}

/** @param shape of the values given; the result has the reverse shape */
function transposed(values: Float32Array, [rows, columns]: readonly [number, number]): Float32Array {
  const out = new Float32Array(values.length);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) out[column * rows + row] = values[row * columns + column]!;
  return out;
}

/** Row `half * D/2 + i` of a head lies at row `2 i + half` of it in the file. */
function reordered(values: Float32Array, rows: number, heads: number, toFile: boolean): Float32Array {
  const out = new Float32Array(values.length);
  const [width, columns] = [rows / heads, values.length / rows];
  for (let row = 0; row < rows; row++) {
    const [head, at] = [Math.floor(row / width), row % width];
    const inFile = head * width + (at < width / 2 ? 2 * at : 2 * (at - width / 2) + 1);
    const [from, to] = toFile ? [row, inFile] : [inFile, row];
    out.set(values.subarray(from * columns, (from + 1) * columns), to * columns);
  }
  return out;
}

/** @param shape of the parameter */
export function fromFile(values: Float32Array, shape: readonly number[], layout: GgufLayout): Float32Array {
  if (layout === 'same') return values;
  if (layout === 'transposed') return transposed(values, [shape[1]!, shape[0]!]);
  return reordered(values, shape[0]!, layout.interleaved.heads, false);
}

/** @param shape of the parameter */
export function toFile(values: Float32Array, shape: readonly number[], layout: GgufLayout): Float32Array {
  if (layout === 'same') return values;
  if (layout === 'transposed') return transposed(values, [shape[0]!, shape[1]!]);
  return reordered(values, shape[0]!, layout.interleaved.heads, true);
}

// The shared kernels in plain TypeScript: the reference that those in WebAssembly must equal bit for bit.
import { blockLength } from './threads/board.js';

/** The sum of squares in float64: block by block, each as 16 partial sums whose halves are added until one is left. */
export function squaredNorm(data: Float32Array): number {
  let total = 0;
  for (let start = 0; start < data.length; start += blockLength) {
    const sums = new Float64Array(16);
    for (const [i, x] of data.subarray(start, start + blockLength).entries()) sums[i & 15]! += x * x;
    for (let half = 8; half >= 1; half /= 2) for (let i = 0; i < half; i++) sums[i]! += sums[i + half]!;
    total += sums[0]!;
  }
  return total;
}

/** target += source * scale, elementwise. */
export function accumulate(target: Float32Array, source: Float32Array, scale: number): void {
  const factor = Math.fround(scale);
  for (let i = 0; i < target.length; i++) target[i] = Math.fround(target[i]! + Math.fround(source[i]! * factor));
}

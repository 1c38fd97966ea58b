// The shared kernels in plain TypeScript: the reference that those in WebAssembly must equal bit for bit.

/** The sum of squares in float64, four partial sums joined in a fixed order. */
export function squaredNorm(data: Float32Array): number {
  const sums = [0, 0, 0, 0];
  for (let i = 0; i < data.length; i++) sums[i & 3]! += data[i]! * data[i]!;
  return sums[0]! + sums[2]! + (sums[1]! + sums[3]!);
}

/** target += source * scale, elementwise. */
export function accumulate(target: Float32Array, source: Float32Array, scale: number): void {
  const factor = Math.fround(scale);
  for (let i = 0; i < target.length; i++) target[i] = Math.fround(target[i]! + Math.fround(source[i]! * factor));
}

// The optimizers' loops in WebAssembly SIMD, over arrays of 4n floats in one memory. The plain versions are ../plain.ts
// and the optimizers' own definitions. Sums are kept in float64, lanes joined in a fixed order.
export { adamw } from '../adamw/kernel.assembly';

/** The sum of squares of n floats; n is a multiple of 4. Two chains of two lanes each, so that additions overlap. */
export function squaredNorm(p: usize, n: u32): f64 {
  let low = f64x2.splat(0),
    high = f64x2.splat(0);
  for (let i: u32 = 0; i < n; i += 4) {
    const x = v128.load(p + ((<usize>i) << 2));
    const a = f64x2.promote_low_f32x4(x);
    const b = f64x2.promote_low_f32x4(i64x2.shuffle(x, x, 1, 0));
    low = f64x2.add(low, f64x2.mul(a, a));
    high = f64x2.add(high, f64x2.mul(b, b));
  }
  const sum = f64x2.add(low, high);
  return f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
}

/** target += source * scale, over n floats; n is a multiple of 4. */
export function accumulate(target: usize, source: usize, n: u32, scale: f32): void {
  const S = f32x4.splat(scale);
  for (let i: u32 = 0; i < n; i += 4) {
    const o = (<usize>i) << 2;
    v128.store(target + o, f32x4.add(v128.load(target + o), f32x4.mul(v128.load(source + o), S)));
  }
}

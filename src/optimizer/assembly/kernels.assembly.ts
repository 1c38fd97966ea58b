// The optimizers' loops in WebAssembly SIMD, over arrays of 16n floats in one memory: kernel(...pointers, length, ...numbers).
// They may be called for any blocks of 16n floats, in any order and on several threads. The plain versions are ../plain.ts and
// the optimizers' own definitions.
export { adamw } from '../adamw/kernel.assembly';

/** The sum of squares of n floats, in float64: 16 partial sums, so that additions overlap, joined in a fixed order. */
export function squaredNorm(p: usize, n: u32): f64 {
  const zero = f64x2.splat(0);
  let a = zero,
    b = zero,
    c = zero,
    d = zero,
    e = zero,
    f = zero,
    g = zero,
    h = zero;
  for (let i: u32 = 0; i < n; i += 16) {
    const q = p + ((<usize>i) << 2);
    const x = v128.load(q),
      y = v128.load(q, 16),
      z = v128.load(q, 32),
      w = v128.load(q, 48);
    a = f64x2.add(a, squares(x));
    b = f64x2.add(b, squares(upper(x)));
    c = f64x2.add(c, squares(y));
    d = f64x2.add(d, squares(upper(y)));
    e = f64x2.add(e, squares(z));
    f = f64x2.add(f, squares(upper(z)));
    g = f64x2.add(g, squares(w));
    h = f64x2.add(h, squares(upper(w)));
  }
  const low = f64x2.add(f64x2.add(a, e), f64x2.add(c, g));
  const high = f64x2.add(f64x2.add(b, f), f64x2.add(d, h));
  const sum = f64x2.add(low, high);
  return f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
}

function upper(x: v128): v128 {
  return i64x2.shuffle(x, x, 1, 0);
}

function squares(x: v128): v128 {
  const wide = f64x2.promote_low_f32x4(x);
  return f64x2.mul(wide, wide);
}

/** target += source * scale, over n floats. */
export function accumulate(target: usize, source: usize, n: u32, scale: f32): void {
  const S = f32x4.splat(scale);
  for (let i: u32 = 0; i < n; i += 4) {
    const o = (<usize>i) << 2;
    v128.store(target + o, f32x4.add(v128.load(target + o), f32x4.mul(v128.load(source + o), S)));
  }
}

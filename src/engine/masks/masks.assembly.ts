// Dropout's masks in WebAssembly SIMD: maskBits of rng.ts for counters that follow each other, compared with a threshold.

/** n numbers from `target` on: `kept` where the bits of counter start + i are at least the threshold, else 0. */
export function floatMask(target: usize, n: u32, start: i32, step: i32, key: i32, threshold: i32, kept: f32): void {
  const T = i32x4.splat(threshold),
    K = f32x4.splat(kept),
    S = i32x4.splat(step * 4);
  let counters = firstFour(start, step, key);
  const whole = n & ~3;
  let i: u32 = 0;
  for (; i < whole; i += 4) {
    v128.store(target + ((<usize>i) << 2), v128.and(i32x4.ge_s(bitsOf(counters), T), K));
    counters = i32x4.add(counters, S);
  }
  for (; i < n; i++) store<f32>(target + ((<usize>i) << 2), isKept(start + i, step, key, threshold) ? kept : 0);
}

/** n bytes from `target` on: 1 where the bits of counter start + i are at least the threshold, else 0. */
export function boolMask(target: usize, n: u32, start: i32, step: i32, key: i32, threshold: i32): void {
  const T = i32x4.splat(threshold),
    ONE = i8x16.splat(1),
    S = i32x4.splat(step * 4);
  let counters = firstFour(start, step, key);
  const whole = n & ~15;
  let i: u32 = 0;
  for (; i < whole; i += 16) {
    const a = i32x4.ge_s(bitsOf(counters), T);
    counters = i32x4.add(counters, S);
    const b = i32x4.ge_s(bitsOf(counters), T);
    counters = i32x4.add(counters, S);
    const c = i32x4.ge_s(bitsOf(counters), T);
    counters = i32x4.add(counters, S);
    const d = i32x4.ge_s(bitsOf(counters), T);
    counters = i32x4.add(counters, S);
    const bytes = i8x16.narrow_i16x8_s(i16x8.narrow_i32x4_s(a, b), i16x8.narrow_i32x4_s(c, d));
    v128.store(target + i, v128.and(bytes, ONE));
  }
  for (; i < n; i++) store<u8>(target + i, isKept(start + i, step, key, threshold) ? 1 : 0);
}

/** counter * step + key, for the first four counters. */
function firstFour(start: i32, step: i32, key: i32): v128 {
  const first = start * step + key;
  return i32x4(first, first + step, first + step * 2, first + step * 3);
}

function bitsOf(x: v128): v128 {
  x = i32x4.mul(v128.xor(x, i32x4.shr_u(x, 16)), i32x4.splat(0x7feb352d));
  return i32x4.mul(v128.xor(x, i32x4.shr_u(x, 15)), i32x4.splat(<i32>0x846ca68b));
}

function isKept(counter: i32, step: i32, key: i32, threshold: i32): bool {
  return i32x4.extract_lane(bitsOf(i32x4.splat(counter * step + key)), 0) >= threshold;
}

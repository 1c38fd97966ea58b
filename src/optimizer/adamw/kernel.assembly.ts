// AdamW in WebAssembly SIMD, over arrays of 4n floats in one memory. The definition is ./index.ts: same operations in the
// same order, so the same bits.

/** One pass of AdamW over n floats: parameters p, gradients g (times `scale`), moments m and v. n is a multiple of 4. */
export function adamw(
  p: usize,
  g: usize,
  m: usize,
  v: usize,
  n: u32,
  beta1: f32,
  rest1: f32,
  beta2: f32,
  rest2: f32,
  stepSize: f32,
  inverseRoot: f32,
  decay: f32,
  epsilon: f32,
  scale: f32,
): void {
  const B1 = f32x4.splat(beta1),
    R1 = f32x4.splat(rest1),
    B2 = f32x4.splat(beta2),
    R2 = f32x4.splat(rest2);
  const S = f32x4.splat(stepSize),
    I = f32x4.splat(inverseRoot),
    D = f32x4.splat(decay);
  const E = f32x4.splat(epsilon),
    G = f32x4.splat(scale);
  for (let i: u32 = 0; i < n; i += 4) {
    const o = (<usize>i) << 2;
    const gradient = f32x4.mul(v128.load(g + o), G);
    const first = f32x4.add(f32x4.mul(B1, v128.load(m + o)), f32x4.mul(R1, gradient));
    const second = f32x4.add(f32x4.mul(B2, v128.load(v + o)), f32x4.mul(R2, f32x4.mul(gradient, gradient)));
    v128.store(m + o, first);
    v128.store(v + o, second);
    const root = f32x4.add(f32x4.mul(f32x4.sqrt(second), I), E);
    v128.store(p + o, f32x4.sub(f32x4.mul(v128.load(p + o), D), f32x4.div(f32x4.mul(S, first), root)));
  }
}

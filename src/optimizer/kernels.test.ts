import { Random } from '../rng.js';
import { kernelsOn } from './kernels.js';
import { accumulate, squaredNorm } from './plain.js';

const length = 4096;
const memory = new WebAssembly.Memory({ initial: 4, maximum: 4 });
const kernels = kernelsOn(memory);
const [P, G] = [1024, 1024 + length * 4];
const [p, g] = [P, G].map((pointer) => new Float32Array(memory.buffer, pointer, length)) as [
  Float32Array,
  Float32Array,
];

/** Of all sizes from tiny to large, both signs. */
function wild(seed: number): Float32Array {
  const random = new Random(seed);
  return Float32Array.from({ length }, () => random.normal() * 10 ** (random.integer(12) - 8));
}

test('squaredNorm and accumulate have the bits of the plain versions', () => {
  const [a, b] = [wild(5), wild(6)];
  p.set(a);
  g.set(b);
  expect(kernels.squaredNorm(P, length)).toBe(squaredNorm(a));
  accumulate(a, b, 0.1);
  kernels.accumulate(P, G, length, 0.1);
  expect(p.every((x, i) => Object.is(x, a[i]))).toBe(true);
});

test('squaredNorm neither overflows nor loses small numbers as float32 sums would', () => {
  p.fill(1e-3);
  p[0] = 1e25;
  expect(kernels.squaredNorm(P, length)).toBe(squaredNorm(p));
  expect(Math.sqrt(kernels.squaredNorm(P, length)) / Math.fround(1e25)).toBeCloseTo(1, 12);
  p[0] = 1e-3;
  expect(kernels.squaredNorm(P, length) / (length * Math.fround(1e-3) ** 2)).toBeCloseTo(1, 12);
});

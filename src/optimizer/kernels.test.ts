import { Random } from '../rng.js';
import { type Kernels, kernelsOn } from './kernels.js';
import { accumulate, squaredNorm } from './plain.js';
import { blockLength } from './threads/board.js';

/** Three blocks and a part of one. */
const length = 3 * blockLength + 4096;
const [P, G] = [1024, 1024 + length * 4];
const pages = Math.ceil((G + length * 4) / 65536);

/** Of all sizes from tiny to large, both signs. */
function wild(seed: number): Float32Array {
  const random = new Random(seed);
  const some = Float32Array.from({ length: 4096 }, () => random.normal() * 10 ** (random.integer(12) - 8));
  return Float32Array.from({ length }, (_, i) => some[i & 4095]! * (1 + (i >>> 12)));
}
const [a, b] = [wild(5), wild(6)];

const norm = (kernels: Kernels, n = length) => kernels.run({ kernel: 'squaredNorm', pointers: [P], numbers: [] }, n);
const add = (kernels: Kernels, scale: number) =>
  kernels.run({ kernel: 'accumulate', pointers: [P, G], numbers: [scale] }, length);

describe.each([1, 2, 3])('kernels on %d threads', (threads) => {
  const shared = threads > 1;
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared });
  const set = kernelsOn([memory], threads);
  const kernels = set.on[0]!;
  const [p, g] = [P, G].map((pointer) => new Float32Array(memory.buffer, pointer, length)) as [
    Float32Array,
    Float32Array,
  ];
  afterAll(() => set.close());

  test('squaredNorm and accumulate have the bits of the plain versions', () => {
    p.set(a);
    g.set(b);
    expect(norm(kernels)).toBe(squaredNorm(a));
    const expected = a.slice();
    accumulate(expected, b, 0.1);
    add(kernels, 0.1);
    expect(p.every((x, i) => Object.is(x, expected[i]))).toBe(true);
  });

  test('squaredNorm neither overflows nor loses small numbers as float32 sums would', () => {
    p.fill(1e-3);
    p[0] = 1e25;
    expect(Math.sqrt(norm(kernels)) / Math.fround(1e25)).toBeCloseTo(1, 12);
    p[0] = 1e-3;
    expect(norm(kernels) / (length * Math.fround(1e-3) ** 2)).toBeCloseTo(1, 12);
    expect(norm(kernels, 16) / (16 * Math.fround(1e-3) ** 2)).toBeCloseTo(1, 14);
  });
});

test('several memories have kernels of their own', () => {
  const memories = [1, 2].map(() => new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true }));
  const set = kernelsOn(memories, 2);
  for (const [i, { buffer }] of memories.entries()) new Float32Array(buffer, P, 16).fill(i + 1);
  expect(set.on.map((kernels) => norm(kernels, 16))).toEqual([16, 64]);
  set.close();
});

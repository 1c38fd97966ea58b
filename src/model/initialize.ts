// GPT-2's initialization: each parameter a pure function of (seed, its place in the list).
import { bitsAt, hash32, stream } from '../rng.js';
import type { ParameterSpec } from './config.js';

export interface NamedArray {
  readonly name: string;
  readonly data: Float32Array;
}

/** Normal values of a deviation by Box and Muller: two from every two counters. */
function normals(size: number, deviation: number, key: number): Float32Array {
  const data = new Float32Array(size);
  for (let i = 0; i < size; i += 2) {
    // Uniform in (0, 1): half a step off zero, so that the logarithm is finite.
    const radius = deviation * Math.sqrt(-2 * Math.log((bitsAt(key, i) + 0.5) * 2 ** -32));
    const angle = bitsAt(key, i + 1) * (2 ** -31 * Math.PI);
    data[i] = radius * Math.cos(angle);
    if (i + 1 < size) data[i + 1] = radius * Math.sin(angle);
  }
  return data;
}

/**
 * The initial values, one parameter at a time so that only one need be in memory.
 * @param seed any integer; the same seed gives the same bits
 */
export function* initialize(specs: readonly ParameterSpec[], seed: number): Iterable<NamedArray> {
  for (const [index, { name, shape, init }] of specs.entries()) {
    const size = shape.reduce((a, b) => a * b, 1);
    if (init.kind === 'normal') {
      yield { name, data: normals(size, init.deviation, hash32(stream.init, seed, index)) };
    } else {
      yield { name, data: new Float32Array(size).fill(init.kind === 'ones' ? 1 : 0) };
    }
  }
}

// The compiled kernels on one WebAssembly memory, with types. Pointers are byte offsets, lengths are in floats.
import type { Coefficients } from './adamw.js';
import { kernelsWasm } from './assembly/kernels.generated.js';

export interface Kernels {
  adamw(p: number, g: number, m: number, v: number, length: number, coefficients: Coefficients): void;
  squaredNorm(pointer: number, length: number): number;
  accumulate(target: number, source: number, length: number, scale: number): void;
}

interface Exports {
  adamw(...numbers: number[]): void;
  squaredNorm(pointer: number, length: number): number;
  accumulate(target: number, source: number, length: number, scale: number): void;
}

let compiled: WebAssembly.Module | undefined;

/** Instantiates the kernels over a memory. Lengths are multiples of 4, pointers of 16. */
export function kernelsOn(memory: WebAssembly.Memory): Kernels {
  compiled ??= new WebAssembly.Module(Buffer.from(kernelsWasm, 'base64'));
  const abort = () => {
    throw new Error('the optimizer kernels aborted');
  };
  const exports = new WebAssembly.Instance(compiled, { env: { memory, abort } }).exports as unknown as Exports;
  return {
    adamw: (p, g, m, v, length, c) =>
      exports.adamw(
        p,
        g,
        m,
        v,
        length,
        c.beta1,
        c.rest1,
        c.beta2,
        c.rest2,
        c.stepSize,
        c.inverseRoot,
        c.decay,
        c.epsilon,
        c.scale,
      ),
    squaredNorm: (pointer, length) => exports.squaredNorm(pointer, length),
    accumulate: (target, source, length, scale) => exports.accumulate(target, source, length, scale),
  };
}

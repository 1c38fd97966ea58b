// The compiled kernels on one WebAssembly memory, with types. Pointers are byte offsets, lengths are in floats.
import { kernelsWasm } from './assembly/kernels.generated.js';

/** What the WebAssembly module exports, by name. */
export type KernelExports = Readonly<Record<string, (...numbers: number[]) => void>>;

export interface Kernels {
  readonly exports: KernelExports;
  squaredNorm(pointer: number, length: number): number;
  accumulate(target: number, source: number, length: number, scale: number): void;
}

/** One update of neighbouring arrays in place. */
export interface KernelCall<Slots extends string, Scalars, Constants> {
  /** Where the arrays' part of a region begins. */
  pointer(region: 'parameter' | 'gradient' | Slots): number;
  readonly length: number;
  /** What the gradient is multiplied with first: clipping. */
  readonly gradientScale: number;
  readonly scalars: Scalars;
  readonly constants: Constants;
}

let compiled: WebAssembly.Module | undefined;

/** Instantiates the kernels over a memory. Lengths are multiples of 4, pointers of 16. */
export function kernelsOn(memory: WebAssembly.Memory): Kernels {
  compiled ??= new WebAssembly.Module(Buffer.from(kernelsWasm, 'base64'));
  const abort = () => {
    throw new Error('the optimizer kernels aborted');
  };
  const { exports } = new WebAssembly.Instance(compiled, { env: { memory, abort } });
  const { squaredNorm, accumulate } = exports as unknown as Kernels;
  return { exports: exports as KernelExports, squaredNorm, accumulate };
}

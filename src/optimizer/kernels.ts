// The compiled kernels on WebAssembly memories, with types: on this thread alone, or on several.
import { kernelsWasm, sharedKernelsWasm } from './assembly/kernels.generated.js';
import { type KernelRun, runAlone } from './threads/board.js';
import { kernelTable } from './threads/instances.js';
import { KernelThreads } from './threads/pool.js';

/** A kernel and what it is called with: kernel(...pointers, length, ...numbers). Pointers are byte offsets. */
export type KernelCall = Omit<KernelRun, 'memory' | 'length'>;

/** The kernels on one memory. */
export interface Kernels {
  /**
   * Runs a kernel in blocks of a fixed length; the bits are the same for any number of threads.
   * @param length in floats, a multiple of 16; pointers are multiples of 16
   * @returns the sum of what it returned for the blocks, in float64
   */
  run(call: KernelCall, length: number): number;
}

/** What a rule's kernel is made a call from: one update of neighbouring arrays in place. */
export interface KernelUpdate<Slots extends string, Scalars, Constants> {
  /** Where the arrays' part of a region begins. */
  pointer(region: 'parameter' | 'gradient' | Slots): number;
  /** What the gradient is multiplied with first: clipping. */
  readonly gradientScale: number;
  readonly scalars: Scalars;
  readonly constants: Constants;
}

export interface KernelSet {
  /** For each memory. */
  readonly on: readonly Kernels[];
  close(): void;
}

const modules = new Map<string, WebAssembly.Module>();

/** Compiled once. */
function moduleOf(base64: string): WebAssembly.Module {
  const module = modules.get(base64) ?? new WebAssembly.Module(Buffer.from(base64, 'base64'));
  modules.set(base64, module);
  return module;
}

/** Instantiates the kernels over memories, which are all shared for more than one thread and else are not. */
export function kernelsOn(memories: readonly WebAssembly.Memory[], threads = 1): KernelSet {
  if (threads > 1) {
    const pool = new KernelThreads(moduleOf(sharedKernelsWasm), memories, threads);
    const on = memories.map((_, memory): Kernels => ({ run: (call, length) => pool.run({ ...call, memory, length }) }));
    return { on, close: () => pool.close() };
  }
  const kernelOf = kernelTable(moduleOf(kernelsWasm), memories);
  const runOn = (memory: number, call: KernelCall, length: number) => {
    const run = { ...call, memory, length };
    return runAlone(kernelOf(run), run);
  };
  return { on: memories.map((_, memory) => ({ run: (call, length) => runOn(memory, call, length) })), close: () => {} };
}

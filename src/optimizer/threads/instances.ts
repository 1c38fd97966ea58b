// The kernels' module on each of several memories.
import type { Kernel, KernelRun } from './board.js';

/** Instantiates the module for every memory and finds kernels by name. */
export function kernelTable(
  module: WebAssembly.Module,
  memories: readonly WebAssembly.Memory[],
): (run: KernelRun) => Kernel {
  const abort = () => {
    throw new Error('an optimizer kernel aborted');
  };
  const instances = memories.map((memory) => new WebAssembly.Instance(module, { env: { memory, abort } }).exports);
  return ({ memory, kernel }) => instances[memory]![kernel] as Kernel;
}

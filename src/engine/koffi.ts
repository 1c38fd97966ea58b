// Native libraries through koffi, loaded when it is first needed: what the engines that use it share.
import type * as Koffi from 'koffi';
import { GptError } from '../errors.js';

/** An address in native memory. Never 0 in a live handle. */
export type Pointer = bigint & { readonly pointer?: never };

/** A native function; `async` runs it on a thread of its own. */
export interface Native<A extends unknown[], R> {
  (...args: A): R;
  async(...args: [...A, (error: Error | null, result: R) => void]): void;
}

/** Native code runs on koffi's stacks, and compilers need deep ones. */
const stackBytes = 8 << 20;

/** To be set before any library is loaded. */
const configuration = {
  sync_stack_size: stackBytes,
  async_stack_size: stackBytes,
  resident_async_pools: 2,
} as const;

/**
 * koffi, configured.
 * @param engine that needs it, for the error
 * @throws GptError `tensorflow/ffi`, `openvino/ffi` where it has no binary
 */
export async function loadKoffi(engine: string): Promise<typeof Koffi> {
  try {
    const module = (await import('koffi')) as typeof Koffi & { default?: typeof Koffi };
    const koffi = module.default ?? module;
    // Once a process, whoever of it comes first: koffi refuses to be configured after it has loaded a library.
    const current = koffi.config() as unknown as Record<string, unknown>;
    const differs = Object.entries(configuration).some(([name, value]) => current[name] !== value);
    if (differs) koffi.config(configuration);
    return koffi;
  } catch (cause) {
    const [reason] = String((cause as Error).message).split('\n');
    throw new GptError(`${engine}/ffi`, `koffi cannot be loaded on ${process.platform} ${process.arch}: ${reason}`, {
      hint: 'npm install --ignore-scripts koffi, or --backend onnx',
      cause,
    });
  }
}

/** Names of types are the process's, and each can be given once: tests load these files more than once. */
export function knowsType(koffi: typeof Koffi, type: string): boolean {
  try {
    koffi.type(type);
    return true;
  } catch {
    return false;
  }
}

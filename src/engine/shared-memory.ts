// Whether a state's memory is shared among threads, and how native code then reads it.
import type { Sharing } from '../optimizer/index.js';
import { sizeOf } from '../trace/graph.js';
import { loadKoffi } from './koffi.js';
import type { ArraySpec } from './types.js';

/**
 * From this many trained numbers on. AdamW takes 1.4 ms for each million, so that a second thread then saves 7 ms a step; what it
 * costs is 50 microseconds a run, 10 ms of start-up and 6 MB (docs/log.md).
 */
const sharedFrom = 10_000_000;

/** Undefined where one thread is enough, or where koffi, which gives the second view of a shared memory, has no binary. */
export async function sharingFor(specs: readonly ArraySpec[], threads: number): Promise<Sharing | undefined> {
  const trained = specs.filter(({ trainable }) => trainable !== false);
  const numbers = trained.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  if (threads < 2 || numbers < sharedFrom) return undefined;
  return sharingOf(threads).catch(() => undefined);
}

/** @throws GptError `memory/ffi` where koffi has no binary */
export async function sharingOf(threads: number): Promise<Sharing> {
  const koffi = await loadKoffi('memory');
  const unshared = (buffer: SharedArrayBuffer) => koffi.view(koffi.address(new Uint8Array(buffer)), buffer.byteLength);
  return { threads, unshared };
}

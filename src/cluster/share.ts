// Broadcast from worker 0: bytes, arrays, plain values. Made of sums to which all but worker 0 give zeros, so that a
// cluster needs one operation only. A number's bits travel as whole numbers and arrive as they were.
import type { Cluster } from './types.js';

/** Whole numbers of one sum: 64 MB. */
const most = 2 ** 24;

/**
 * Fills `array` with what worker 0 has in it.
 * @param array of the same length at every worker
 */
export async function shareArray(cluster: Cluster, array: Float32Array | Int32Array): Promise<void> {
  const bits = new Int32Array(array.buffer, array.byteOffset, array.length);
  for (let at = 0; at < bits.length; at += most) {
    const part = bits.subarray(at, at + most);
    part.set(await cluster.sum(cluster.rank === 0 ? part.slice() : new Int32Array(part.length)));
  }
}

/**
 * A value of worker 0, at every worker.
 * @param value plain JSON, NaN and infinities allowed; only worker 0's counts
 */
export async function share<T>(cluster: Cluster, value: T | undefined): Promise<T> {
  const leads = cluster.rank === 0;
  const bytes = leads ? new TextEncoder().encode(JSON.stringify({ value }, keepNumber)) : new Uint8Array();
  const [length] = await cluster.sum(Int32Array.of(bytes.length));
  const padded = new Uint8Array(Math.ceil(length! / 4) * 4);
  padded.set(bytes);
  await shareArray(cluster, new Int32Array(padded.buffer));
  const text = new TextDecoder().decode(padded.subarray(0, length));
  return (JSON.parse(text, readNumber) as { value: T }).value;
}

const odd = 'number that JSON has not';

function keepNumber(_: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isFinite(value) ? { [odd]: String(value) } : value;
}

function readNumber(_: string, value: unknown): unknown {
  const text = (value as Record<string, unknown> | null)?.[odd];
  return typeof text === 'string' ? Number(text) : value;
}

/** Whether a value is the same at all workers: a hash of 32 bits, say. */
export async function isCommon(cluster: Cluster, hash: number): Promise<boolean> {
  const own = Int32Array.of(hash);
  const first = own.slice();
  await shareArray(cluster, first);
  const [different] = await cluster.sum(Int32Array.of(first[0] === own[0] ? 0 : 1));
  return different === 0;
}

import { sharedKernelsWasm } from '../assembly/kernels.generated.js';
import { blockLength, type KernelRun } from './board.js';
import { KernelThreads } from './pool.js';

const compiled = new WebAssembly.Module(Buffer.from(sharedKernelsWasm, 'base64'));
const pages = 64;
const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
const all = new Float32Array(memory.buffer);
const start = 1024;
const longest = (pages * 65536 - start) / 4;

const norm = (length: number, pointer = start): KernelRun => ({
  ...{ memory: 0, kernel: 'squaredNorm', pointers: [pointer], numbers: [] },
  length,
});

/** Lets workers start, and their errors arrive. */
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

test('a thousand runs of different lengths in a row, each with all of its blocks', async () => {
  all.fill(1);
  const threads = new KernelThreads(compiled, [memory], 3);
  await pause(200);
  for (let i = 1; i <= 1000; i++) {
    const length = 16 * (1 + ((i * 7919) % Math.floor(longest / 16)));
    expect(threads.runTogether(norm(length))).toBe(length);
  }
  threads.close();
});

test('threads that do not come are not waited for', () => {
  all.fill(2);
  const threads = new KernelThreads(compiled, [memory], 2);
  threads.close();
  expect(threads.runTogether(norm(4 * blockLength))).toBe(16 * blockLength);
});

test('a kernel that fails on any thread is an error, not a hang', async () => {
  const threads = new KernelThreads(compiled, [memory], 2);
  await pause(200);
  expect(() => threads.runTogether(norm(blockLength * 8, pages * 65536 - 64))).toThrow(
    'squaredNorm failed on one of its',
  );
  threads.close();
});

test('a thread that cannot be started is an error with its reason', async () => {
  const threads = new KernelThreads(compiled, [memory], 2);
  const [worker] = threads.workers;
  worker!.emit('error', new Error('no room for a thread'));
  expect(() => threads.run(norm(16))).toThrow('a thread of the optimizer has ended: no room for a thread');
  threads.close();
});

test('closing ends the threads', async () => {
  const threads = new KernelThreads(compiled, [memory], 3);
  threads.run(norm(blockLength));
  const ends = threads.workers.map((worker) => new Promise((resolve) => worker.once('exit', resolve)));
  threads.close();
  expect(await Promise.all(ends)).toEqual([0, 0]);
});

// Sums over workers by the installed TensorFlow: three contexts of this process, joined over the loopback.
import { createServer } from 'node:net';
import { share } from '../../../cluster/index.js';
import { Context, type Library, liveHandles, loadLibrary, TensorHandle } from '../native/index.js';
import { withTensorflow } from '../testing/library.js';
import type { Collectives } from './collectives.js';
import { joinCluster } from './join.js';

const size = 3;

async function freeAddresses(count: number): Promise<string[]> {
  const servers = Array.from({ length: count }, () => createServer());
  await Promise.all(servers.map((server) => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))));
  const addresses = servers.map((server) => `127.0.0.1:${(server.address() as { port: number }).port}`);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return addresses;
}

withTensorflow('collectives', () => {
  let library: Library;
  const contexts: Context[] = [];
  let workers: Collectives[] = [];
  let addresses: string[] = [];
  const everyone = <T>(work: (worker: Collectives) => Promise<T>) => Promise.all(workers.map(work));

  beforeAll(async () => {
    library = await loadLibrary();
    addresses = await freeAddresses(size);
    workers = await Promise.all(
      addresses.map((_, rank) => {
        const context = Context.open(library, { threads: 1, interThreads: 1, growMemory: true, gpu: false });
        contexts.push(context);
        return joinCluster(context, { rank, addresses }, 1, { seconds: 120, waiting: () => {} });
      }),
    );
  });
  afterAll(() => {
    for (const worker of workers) worker.dispose();
    for (const context of contexts) context.dispose();
  });

  test('float64 numbers add up, again and again, with the same bits at every worker', async () => {
    for (let turn = 1; turn <= 20; turn++) {
      const sums = await everyone((worker) => {
        const { rank } = worker;
        return worker.sum(Float64Array.of(turn * (rank + 1), 0.1 * (rank + turn), 1 / 3));
      });
      expect(sums[0]![0]).toBe(6 * turn);
      expect(sums[0]![1]).toBeCloseTo(0.1 * (3 + 3 * turn), 12);
      expect(sums[1]).toEqual(sums[0]);
      expect(sums[2]).toEqual(sums[0]);
    }
  });

  test('whole numbers keep all their bits', async () => {
    const values = Int32Array.of(2 ** 31 - 1, -(2 ** 31), 123456789, -1, 0);
    const sums = await everyone((worker) => worker.sum(worker.rank === 1 ? values : new Int32Array(5)));
    for (const sum of sums) expect(sum).toEqual(values);
  });

  test("worker 0's values reach the others", async () => {
    const value = { text: 'café', numbers: [1.5, Number.NaN] };
    expect(await everyone((worker) => share(worker, worker.rank === 0 ? value : undefined))).toEqual(
      Array(size).fill(value),
    );
  });

  test('tensors of different lengths are kept apart, and none is left over', async () => {
    const before = liveHandles();
    for (const length of [10, 1000, 10]) {
      const sums = await everyone(async (worker) => {
        const given = TensorHandle.from(library, new Float32Array(length).fill(worker.rank + 1), [length], 'float32');
        const total = await worker.reduce(given, 'float32', length, 'gradient');
        const numbers = total.read('float32');
        given.dispose();
        total.dispose();
        return numbers;
      });
      for (const sum of sums) expect(sum).toEqual(new Float32Array(length).fill(6));
    }
    expect(liveHandles()).toBeLessThanOrEqual(before + 2 * size); // the keys of two lengths
  });

  test('a port that is taken is an error with its address', async () => {
    const context = Context.open(library, { threads: 1, interThreads: 1, growMemory: true, gpu: false });
    const joining = joinCluster(context, { rank: 0, addresses }, 1, { seconds: 5, waiting: () => {} });
    await expect(joining).rejects.toMatchObject({ code: 'cluster/port' });
    context.dispose();
  });
});

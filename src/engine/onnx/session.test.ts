import { alone } from '../../../test/alone.js';
import { hash32, maskBits, maskThreshold, Random, stream } from '../../rng.js';
import { type Graph, GraphBuilder, type HostArray, sizeOf } from '../../trace/index.js';
import { GraphSession } from './session.js';

const f32 = (...shape: number[]) => ({ shape, dtype: 'float32' }) as const;
const bool = (...shape: number[]) => ({ shape, dtype: 'bool' }) as const;
const i32 = { shape: [], dtype: 'int32' } as const;

async function run(graph: Graph, feeds: Record<string, HostArray>, threads = 1): Promise<Record<string, HostArray>> {
  const session = await GraphSession.open(graph, { device: 'cpu', threads });
  const results = await session.run(feeds);
  await session.release();
  return results;
}

/** By counter, as Bernoulli gives them. */
function keptOf(key: number, rate: number): (counter: number) => number {
  const bits = maskBits(key);
  return (counter) => +(bits(counter) >= maskThreshold(rate));
}

describe('Bernoulli', () => {
  const rate = 0.3;

  const graphOf = (shape: number[], place: number, first?: number) => {
    const builder = new GraphBuilder('random');
    const inputs = [builder.input('seed', i32), builder.input('step', i32)];
    const attributes = { place, rate, shape, ...(first && { first }) };
    builder.output('y', builder.add('Bernoulli', inputs, attributes, [bool(...shape)])[0]!);
    return builder.build();
  };

  test.each([
    [[], 0, 0],
    [[1], 1, 0],
    [[0, 3], 1, 0],
    [[2, 3], 5, 0],
    [[4096], 2, 0],
    [[4097], 2, 4097],
    [[3, 5, 701], 17, 0],
    [[2, 5000], 17, 3e9],
    [[2, 5], 17, 2 ** 33 + 1],
  ])('of shape [%p], place %p, from %p on, has the bits of rng.ts', async (shape, place, first) => {
    const graph = graphOf(shape, place, first);
    for (const [seed, step] of [
      [1337, 1],
      [-1, 0],
      [0, -2147483648],
      [2147483647, 123456789],
    ] as const) {
      const { y } = await run(graph, { seed: Int32Array.of(seed), step: Int32Array.of(step) }, 2);
      const key = hash32(stream.dropout, place, seed, step);
      const kept = keptOf(key, rate);
      expect(Array.from(y!)).toEqual(Array.from({ length: sizeOf(shape) }, (_, i) => kept(first + i)));
    }
  });
});

test('Bernoulli from a row of a larger tensor on has the bits of these rows, in int32 that wraps around', async () => {
  const rowSize = 12 * 1024 * 1024;
  const builder = new GraphBuilder('rows');
  const inputs = ['seed', 'step', 'row'].map((name) => builder.input(name, i32));
  const attributes = { place: 3, rate: 0.5, shape: [2, 5], first: 2, rowSize };
  builder.output('y', builder.add('Bernoulli', inputs, attributes, [bool(2, 5)])[0]!);
  const kept = keptOf(hash32(stream.dropout, 3, 9, 8), 0.5);
  for (const row of [0, 1, 479]) {
    const feeds = { seed: Int32Array.of(9), step: Int32Array.of(8), row: Int32Array.of(row) };
    const { y } = await run(builder.build(), feeds);
    expect(Array.from(y!)).toEqual(Array.from({ length: 10 }, (_, i) => kept(row * rowSize + 2 + i)));
  }
});

test('Bernoulli with strides has the bits of its window in a larger tensor', async () => {
  // [2, 3, 4] out of [5, 6, 7], from [1, 2, 3] on
  const builder = new GraphBuilder('window');
  const inputs = [builder.input('seed', i32), builder.input('step', i32)];
  const attributes = { place: 3, rate: 0.5, shape: [2, 3, 4], first: 42 + 14 + 3, strides: [42, 7, 1] };
  builder.output('y', builder.add('Bernoulli', inputs, attributes, [bool(2, 3, 4)])[0]!);
  const { y } = await run(builder.build(), { seed: Int32Array.of(9), step: Int32Array.of(8) });
  const at = (i: number, j: number, k: number) => ((1 + i) * 6 + 2 + j) * 7 + 3 + k;
  const expected = [0, 1].flatMap((i) => [0, 1, 2].flatMap((j) => [0, 1, 2, 3].map((k) => at(i, j, k))));
  const kept = keptOf(hash32(stream.dropout, 3, 9, 8), 0.5);
  expect(Array.from(y!)).toEqual(expected.map(kept));
});

describe('a session', () => {
  /** y = x * w, and what else an output can be. */
  function product(): Graph {
    const builder = new GraphBuilder('product');
    const [x, w] = [builder.input('x', f32(3)), builder.input('w', f32(3))];
    const [y] = builder.add('Multiply', [x, w], {}, [f32(3)]);
    const constant = builder.constant(Float32Array.of(1, 2, 3, 4), [2, 2], 'float32');
    const [flat] = builder.add('Reshape', [constant], { shape: [4] }, [f32(4)]);
    for (const [name, value] of Object.entries({ y: y!, again: y!, input: x, constant, flat: flat! }))
      builder.output(name, value);
    return builder.build();
  }

  test('gives outputs that are inputs, constants or twice there', async () => {
    const results = await run(product(), { x: Float32Array.of(1, 2, 3), w: Float32Array.of(2, 2, 2) });
    const numbers = Object.entries(results).map(([name, data]) => [name, Array.from(data)]);
    expect(Object.fromEntries(numbers)).toEqual({
      y: [2, 4, 6],
      again: [2, 4, 6],
      input: [1, 2, 3],
      constant: [1, 2, 3, 4],
      flat: [1, 2, 3, 4],
    });
  });

  test('reads a bound input anew in every run, and writes a bound output into WebAssembly memory', async () => {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 1 });
    const [w, y, input] = [0, 64, 128].map((offset) => new Float32Array(memory.buffer, offset, 3));
    const session = await GraphSession.open(product(), { device: 'cpu', threads: 1 });
    session.bindInput('w', w!);
    session.bindOutput('y', y!);
    session.bindOutput('input', input!);
    for (const factor of [3, -5]) {
      w!.fill(factor);
      const results = await session.run({ x: Float32Array.of(1, 2, 3) });
      expect(Object.keys(results)).toEqual(['again', 'constant', 'flat']);
      expect(Array.from(y!)).toEqual([factor, 2 * factor, 3 * factor]);
      expect(Array.from(input!)).toEqual([1, 2, 3]);
    }
    await session.release();
  });

  test('that was released runs no more, and is released twice without harm', async () => {
    const session = await GraphSession.open(product(), { device: 'cpu', threads: 1 });
    await session.release();
    await session.release();
    await expect(session.run({})).rejects.toThrow('released');
  });

  test('keeps its memory over two thousand runs, and gives it back', () => {
    const grown = alone<number>(
      __dirname,
      `import { GraphBuilder } from '../../trace/index.ts';
       import { GraphSession } from './session.ts';
       const builder = new GraphBuilder('large');
       const type = { dtype: 'float32', shape: [256, 256] };
       const x = builder.input('x', type);
       builder.output('y', builder.add('Add', [x, x], {}, [type])[0]);
       const graph = builder.build();
       const [data, target] = [new Float32Array(65536).fill(0.01), new Float32Array(65536)];
       async function work(runs) {
         const session = await GraphSession.open(graph, { device: 'cpu', threads: 1 });
         session.bindOutput('y', target);
         for (let i = 0; i < runs; i++) await session.run({ x: data });
         await session.release();
       }
       await work(200);
       collect();
       const before = resident();
       await work(2000);
       for (let i = 0; i < 20; i++) await work(1);
       collect();
       report((resident() - before) / 1e6);`,
    );
    expect(grown).toBeLessThan(30); // the outputs of all runs are 524 MB
  });

  test('an operation that it cannot compute is an error with its name', async () => {
    const builder = new GraphBuilder('foreign');
    builder.output('y', builder.add('Frobnicate', [builder.input('x', f32(1))], {}, [f32(1)])[0]!);
    await expect(run(builder.build(), { x: Float32Array.of(1) })).rejects.toMatchObject({
      code: 'onnx/op',
      message: 'the onnx engine cannot compute Frobnicate',
    });
  });

  test('adds up rows of equal number to the same bits on one thread and two', async () => {
    const rows = 6000;
    const builder = new GraphBuilder('scatter');
    const indices = builder.input('indices', { shape: [rows, 1], dtype: 'int32' });
    const updates = builder.input('updates', f32(rows, 64));
    builder.output('y', builder.add('ScatterNd', [indices, updates], { shape: [5, 64] }, [f32(5, 64)])[0]!);
    const graph = builder.build();
    const random = new Random(7);
    const feeds = {
      indices: Int32Array.from({ length: rows }, (_, i) => (i * i) % 5),
      updates: Float32Array.from({ length: rows * 64 }, () => random.next() - 0.5),
    };
    const expected = new Float64Array(5 * 64);
    feeds.updates.forEach((value, i) => {
      const row = feeds.indices[Math.floor(i / 64)]!;
      expected[row * 64 + (i % 64)]! += value;
    });
    const [one, two, again] = [await run(graph, feeds), await run(graph, feeds, 2), await run(graph, feeds, 2)];
    expect(Math.max(...one['y']!.map((x, i) => Math.abs(x - expected[i]!)))).toBeLessThan(1e-3);
    expect(two['y']).toEqual(one['y']);
    expect(again['y']).toEqual(one['y']);
  });
});

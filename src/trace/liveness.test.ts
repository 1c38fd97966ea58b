import { GraphBuilder } from './builder.js';
import type { Graph, TensorSpec, Value } from './graph.js';
import { type Allocation, bytesOf, memoryEvents, peakBytes, workOf } from './liveness.js';

const floats = (...shape: number[]): TensorSpec => ({ shape, dtype: 'float32' });
const plain = { transposeA: false, transposeB: false };

function chain(ops: readonly string[]) {
  const builder = new GraphBuilder('chain');
  let value: Value = builder.input('x', floats(1000));
  for (const op of ops) [value] = builder.add(op, [value], {}, [floats(1000)]) as [Value];
  builder.output('y', value);
  return builder.build();
}

/** One composite, `Whole`, whose body has a value of 1,600 bytes. */
function composite() {
  const inner = new GraphBuilder('body');
  const a = inner.input('a', floats(100));
  const [wide] = inner.add('Tile', [a], { reps: [4] }, [floats(400)]);
  const [sum] = inner.add('Sum', [wide!], { axis: [0], keepDims: true }, [floats(1)]);
  inner.output('sum', sum!);
  const builder = new GraphBuilder('outer');
  const x = builder.input('x', floats(100));
  const [y] = builder.add('Whole', [x], {}, [floats(1)], inner.build());
  builder.output('y', y!);
  return builder.build();
}

test('elementwise operations in a row need one buffer', () => {
  expect(peakBytes(chain(['Exp', 'Neg', 'Tanh', 'Sigmoid']))).toBe(4000);
});

test("inputs and outputs are the caller's", () => {
  expect(peakBytes(chain(['Exp']))).toBe(0);
});

test('a matrix product has both its operands and its result', () => {
  const builder = new GraphBuilder('products');
  const x = builder.input('x', floats(10, 10));
  const [a] = builder.add('Exp', [x], {}, [floats(10, 10)]);
  const [b] = builder.add('Neg', [x], {}, [floats(10, 10)]);
  const [c] = builder.add('BatchMatMul', [a!, b!], plain, [floats(10, 10)]);
  const [d] = builder.add('Tanh', [c!], {}, [floats(10, 10)]);
  builder.output('d', d!);
  const graph = builder.build();
  expect(peakBytes(graph)).toBe(1200);
  expect(workOf(graph)).toEqual({ flops: 2000, bytes: 3 * 800 });
});

test('a value that is used late lives until then', () => {
  const builder = new GraphBuilder('late');
  const x = builder.input('x', floats(100));
  const [early] = builder.add('Exp', [x], {}, [floats(100)]);
  const [wide] = builder.add('Tile', [early!], { reps: [8] }, [floats(800)]);
  const [sum] = builder.add('Sum', [wide!], { axis: [0], keepDims: true }, [floats(1)]);
  const [last] = builder.add('Add', [sum!, early!], {}, [floats(100)]);
  builder.output('last', last!);
  expect(peakBytes(builder.build())).toBe(400 + 3200 + 4);
});

test('a reshaped value takes no memory of its own, and keeps that which it has', () => {
  const builder = new GraphBuilder('views');
  const x = builder.input('x', floats(100));
  const [a] = builder.add('Exp', [x], {}, [floats(100)]);
  const [b] = builder.add('Reshape', [a!], { shape: [10, 10] }, [floats(10, 10)]);
  const [c] = builder.add('Transpose', [b!], { perm: [1, 0] }, [floats(10, 10)]);
  const [d] = builder.add('Neg', [c!], {}, [floats(10, 10)]);
  builder.output('d', d!);
  expect(peakBytes(builder.build())).toBe(800);
});

test('what no output needs costs nothing', () => {
  const builder = new GraphBuilder('dead');
  const x = builder.input('x', floats(100));
  builder.add('Exp', [x], {}, [floats(100)]);
  const [y] = builder.add('Neg', [x], {}, [floats(100)]);
  builder.output('y', y!);
  expect(peakBytes(builder.build())).toBe(0);
});

test('a composite takes what its body takes inside', () => {
  expect(peakBytes(composite())).toBe(1600);
});

test('bools are bytes', () => {
  expect(bytesOf({ shape: [3, 5], dtype: 'bool' })).toBe(15);
  expect(bytesOf({ shape: [3, 5], dtype: 'int32' })).toBe(60);
});

describe('what an engine does to memory', () => {
  const none = new Set<string>();
  const peak = (graph: Graph, allocation: Allocation) => {
    let [live, most] = [0, 0];
    for (const { bytes, taken } of memoryEvents(graph, allocation)) {
      live += taken ? bytes : -bytes;
      most = Math.max(most, live);
    }
    expect(live).toBe(0);
    return most;
  };

  /** A value, its sum, a value of another shape made of that, and one of the first shape again. */
  function twice(between: 'Neg' | 'Fence'): Graph {
    const builder = new GraphBuilder('twice');
    const x = builder.input('x', floats(100));
    const [a] = builder.add('Exp', [x], {}, [floats(100)]);
    const [sum] = builder.add('Sum', [a!], { axis: [0], keepDims: true }, [floats(1)]);
    const [wide] = builder.add('Tile', [sum!], { reps: [300] }, [floats(300)]);
    const [less] = builder.add('Sum', [wide!], { axis: [0], keepDims: true }, [floats(1)]);
    const [same] = builder.add(between, between === 'Fence' ? [less!, less!] : [less!], {}, [floats(1)]);
    const [b] = builder.add('Tile', [same!], { reps: [100] }, [floats(100)]);
    const [end] = builder.add('Sum', [b!], { axis: [0], keepDims: true }, [floats(1)]);
    builder.output('end', end!);
    return builder.build();
  }

  test('a buffer that is kept for the next value of its shape is held in between', () => {
    const views = new Set(['Reshape', 'Fence']);
    expect(peak(twice('Neg'), { views, apart: none })).toBe(1200 + 4);
    expect(peak(twice('Neg'), { views, apart: none, keeps: true })).toBe(400 + 1200 + 4);
    expect(peak(twice('Fence'), { views, apart: none, keeps: true })).toBe(1200 + 4);
  });

  test('a composite may be one operation', () => {
    const graph = composite();
    expect(peak(graph, { views: none, apart: none })).toBe(1600);
    expect(peak(graph, { views: none, apart: none, whole: new Set(['Whole']) })).toBe(0);
  });
});

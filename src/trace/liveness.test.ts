import { GraphBuilder } from './builder.js';
import type { TensorSpec, Value } from './graph.js';
import { bytesOf, peakBytes, workOf } from './liveness.js';

const floats = (...shape: number[]): TensorSpec => ({ shape, dtype: 'float32' });
const plain = { transposeA: false, transposeB: false };

function chain(ops: readonly string[]) {
  const builder = new GraphBuilder('chain');
  let value: Value = builder.input('x', floats(1000));
  for (const op of ops) [value] = builder.add(op, [value], {}, [floats(1000)]) as [Value];
  builder.output('y', value);
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
  const inner = new GraphBuilder('body');
  const a = inner.input('a', floats(100));
  const [wide] = inner.add('Tile', [a], { reps: [4] }, [floats(400)]);
  const [sum] = inner.add('Sum', [wide!], { axis: [0], keepDims: true }, [floats(1)]);
  inner.output('sum', sum!);
  const builder = new GraphBuilder('outer');
  const x = builder.input('x', floats(100));
  const [y] = builder.add('Whole', [x], {}, [floats(1)], inner.build());
  builder.output('y', y!);
  expect(peakBytes(builder.build())).toBe(1600);
});

test('bools are bytes', () => {
  expect(bytesOf({ shape: [3, 5], dtype: 'bool' })).toBe(15);
  expect(bytesOf({ shape: [3, 5], dtype: 'int32' })).toBe(60);
});

import { type Graph, GraphBuilder, inferNode, interpret, verify } from './index.js';

/** y = x + 1, by hand. */
function increment(): GraphBuilder {
  const builder = new GraphBuilder('increment');
  const x = builder.input('x', { shape: [2], dtype: 'float32' });
  const one = builder.constant(Float32Array.of(1), [], 'float32');
  const [y] = builder.add('Add', [x, one], {}, [{ shape: [2], dtype: 'float32' }]);
  builder.output('y', y!);
  return builder;
}

test('a graph made by hand verifies and runs', () => {
  const graph = increment().build();
  verify(graph, inferNode);
  expect([...interpret(graph, { x: Float32Array.of(1, 2) })['y']!]).toEqual([2, 3]);
  expect(() => interpret(graph, { x: Float32Array.of(1) })).toThrow('input x of increment needs 2 numbers, got 1');
});

test('names are taken once, constants have their size', () => {
  const builder = increment();
  expect(() => builder.input('x', { shape: [], dtype: 'bool' })).toThrow('two inputs named x');
  expect(() => builder.output('y', builder.build().inputs[0]!.value)).toThrow('two outputs named y');
  expect(() => builder.constant(Int32Array.of(1, 2), [3], 'int32')).toThrow('[3] got 2 numbers');
});

describe('what is wrong is named', () => {
  const good = increment().build();
  const [add] = good.nodes as [Graph['nodes'][number]];
  const spec = { shape: [3], dtype: 'float32' } as const;
  test.each<[string, Partial<Graph>, RegExp]>([
    ['a value that nothing produces', { inputs: [] }, /node 0 \(Add\): value %0 is used before/],
    [
      'nodes out of order',
      { nodes: [{ ...add, inputs: add.outputs, outputs: add.inputs.slice(1) }] },
      /node 0 \(Add\)/,
    ],
    ['a value produced twice', { nodes: [add, add] }, /node 1 \(Add\): value %2 is produced twice/],
    [
      'a shape that changes',
      { nodes: [{ ...add, inputs: [{ id: 0, ...spec }, add.inputs[1]!] }] },
      /float32\[3\] here and float32\[2\]/,
    ],
    [
      'a wrong result',
      { nodes: [{ ...add, outputs: [{ id: 2, ...spec }] }], outputs: [] },
      /outputs are float32\[3\] and should be float32\[2\]/,
    ],
    [
      'a constant of the wrong type',
      { constants: [{ ...good.constants[0]!, data: Int32Array.of(1) }] },
      /constant %1: int32 numbers/,
    ],
    ['a missing output', { outputs: [{ name: 'y', value: { id: 9, ...spec } }] }, /output y: value %9/],
    ['a body that does not fit', { nodes: [{ ...add, body: { ...good, inputs: [] } }] }, /its body's inputs differ/],
    [
      'a broken body',
      { nodes: [{ ...add, inputs: add.inputs.slice(0, 1), body: { ...good, constants: [] } }] },
      /graph increment, node 0 \(Add\): value %1/,
    ],
    [
      'a fractional size',
      { inputs: [{ name: 'x', value: { id: 0, shape: [1.5], dtype: 'float32' } }] },
      /input x: value %0 has shape \[1.5\]/,
    ],
  ])('%s', (_, change, expected) => {
    expect(() => verify({ ...good, ...change }, inferNode)).toThrow(expected);
  });
});

// Lifted masks against the graph that they were taken from, run operation by operation.
import { dropout, dropoutMask, keptAtRandom } from '../../ops/dropout.js';
import * as tf from '../../tf.js';
import { interpret, optimize, type StepFunction, trace } from '../../trace/index.js';
import { DrawnMasks, liftMasks } from './index.js';

const scalar = { shape: [], dtype: 'int32' } as const;
const inputs = { x: { shape: [6, 7], dtype: 'float32' }, seed: scalar, step: scalar, first: scalar } as const;

const stepOf = (run: StepFunction['run']): StepFunction => ({ name: 'masked', inputs, variables: new Map(), run });
const feeds = (seed: number, step: number, first = 0) => ({
  x: Float32Array.from({ length: 42 }, (_, i) => Math.sin(i)),
  ...{ seed: Int32Array.of(seed), step: Int32Array.of(step), first: Int32Array.of(first) },
});

/** Outputs of the graph, with its masks inside and with its masks drawn. */
function bothWays(step: StepFunction, given: ReturnType<typeof feeds>) {
  const graph = optimize(trace(step), { keep: () => false });
  const lifted = liftMasks(graph, 2 ** 20);
  const drawn = new DrawnMasks(lifted.masks);
  drawn.draw(given);
  const found = interpret(lifted.graph, { ...given, ...Object.fromEntries(drawn.arrays()) });
  return { lifted, expected: interpret(graph, given), found };
}

/** All forms: numbers and bools, of lengths that no vector divides, rows of a batch, windows of a larger mask. */
const masked = stepOf(({ x, seed, step, first }) => {
  const key = { seed: seed!, step: step! };
  const rows = { ...key, rows: { first: first!, count: 3 } };
  const window = { of: [3, 8, 50], origin: [0, 2, 0] };
  return {
    dropped: dropout(x!, 0.3, rows, 1),
    mask: dropoutMask([5, 13], 0.6, key, 2),
    kept: keptAtRandom([3, 67], { rate: 0.5, key, place: 3 }),
    block: keptAtRandom([3, 4, 37], { rate: 0.2, key: rows, place: 4 }, window),
    none: keptAtRandom([2, 5], { rate: 0, key, place: 5 }),
  };
});

test.each([
  [1, 1, 0],
  [-7, 123456, 5],
  [2 ** 31 - 1, -1, 2 ** 20],
])('masks of seed %d, step %d, first row %d have the bits of the graph', (seed, step, first) => {
  const { lifted, expected, found } = bothWays(masked, feeds(seed, step, first));
  expect(found).toEqual(expected);
  expect(lifted.graph.nodes.some(({ op }) => op === 'Bernoulli')).toBe(false);
  expect(lifted.masks.map(({ dtype }) => dtype).sort()).toEqual(['bool', 'bool', 'bool', 'float32', 'float32']);
});

test('another step draws other masks into the same arrays', () => {
  const drawn = new DrawnMasks(liftMasks(optimize(trace(masked), { keep: () => false }), 2 ** 20).masks);
  const [[, array]] = drawn.arrays() as Iterable<readonly [string, Float32Array]> as [[string, Float32Array]];
  drawn.draw(feeds(1, 1));
  const before = array.slice();
  drawn.draw(feeds(1, 2));
  expect([...array]).not.toEqual([...before]);
  drawn.draw(feeds(1, 1));
  expect([...array]).toEqual([...before]);
});

test('a mask that is used as it is and as numbers is one mask of bools', () => {
  const twice = stepOf(({ x, seed, step }) => {
    const kept = keptAtRandom([6, 7], { rate: 0.5, key: { seed: seed!, step: step! }, place: 1 });
    return { kept, scaled: tf.mul(x!, tf.mul(tf.cast(kept, 'float32'), 2)) };
  });
  const { lifted, expected, found } = bothWays(twice, feeds(3, 4));
  expect(found).toEqual(expected);
  expect(lifted.masks.map(({ dtype }) => dtype)).toEqual(['bool']);
});

test('a mask whose seed is computed, and one that does not fit, stay in the graph', () => {
  const computed = stepOf(({ seed, step }) => ({
    kept: keptAtRandom([4], { rate: 0.5, key: { seed: tf.add(seed!, step!), step: step! }, place: 1 }),
  }));
  expect(liftMasks(trace(computed), 2 ** 20).masks).toEqual([]);
  const graph = optimize(trace(masked), { keep: () => false });
  const few = liftMasks(graph, 210);
  expect(few.masks.map(({ shape }) => shape)).toEqual([
    [6, 7],
    [2, 5],
  ]);
  expect(liftMasks(graph, 0).graph).toBe(graph);
});

import * as tf from '../tf.js';
import {
  gradientName,
  interpret,
  optimize,
  peakBytes,
  type StepFunction,
  sizeOf,
  trace,
  workOf,
} from '../trace/index.js';
import { blockAttention } from './block-attention.js';
import { causalAttention, causalAttentionPlain, wholeAttention } from './causal-attention.js';
import { dropoutMask } from './dropout.js';
import { difference, expectGradients, leavingNothing, normal } from './testing/gradients.js';

type Tensor = tf.Tensor;

const shape = { batch: 2, time: 5, heads: 2 };
const square = [2, 2, 5, 5];
const key = () => ({ seed: tf.scalar(7, 'int32'), step: tf.scalar(3, 'int32') });

describe('blockAttention', () => {
  test.each([1, 2, 3, 5, 9])('in at most %d blocks it is attention in one piece, gradients too', (count) =>
    leavingNothing(() => {
      expectGradients(
        (x) => blockAttention(x, shape, count),
        (x) => causalAttentionPlain(shape, x)[0]!,
        [normal([10, 12], 1)],
      );
    })(),
  );

  test.each([
    [1, 3],
    [2, 1],
    [3, 2],
    [4, 4],
    [9, 2],
    [9, 3],
  ])('in at most %d blocks with a window of %d it is attention in one piece, gradients too', (count, window) =>
    leavingNothing(() => {
      const windowed = { ...shape, window };
      expectGradients(
        (x) => blockAttention(x, windowed, count),
        (x) => causalAttentionPlain(windowed, x)[0]!,
        [normal([10, 12], 6)],
      );
    })(),
  );

  test('with a window it drops what attention in one piece drops', () =>
    leavingNothing(() => {
      const dropout = { rate: 0.4, key: key(), place: 9 };
      const keep = dropoutMask(square, 0.4, dropout.key, 9);
      const windowed = { ...shape, window: 2 };
      expectGradients(
        (x) => blockAttention(x, windowed, 3, dropout),
        (x) => causalAttentionPlain(windowed, x, keep)[0]!,
        [normal([10, 12], 7)],
      );
    })());

  test.each([0, 3])('it drops what attention in one piece drops, from row %d of a batch on', (first) =>
    leavingNothing(() => {
      const dropout = { rate: 0.4, key: { ...key(), rows: { first: tf.scalar(first, 'int32'), count: 2 } }, place: 9 };
      const keep = dropoutMask(square, 0.4, dropout.key, 9);
      expectGradients(
        (x) => blockAttention(x, shape, 2, dropout),
        (x) => causalAttentionPlain(shape, x, keep)[0]!,
        [normal([10, 12], 2)],
      );
    })(),
  );

  test(
    'a later token changes nothing before it, and neither does another example',
    leavingNothing(() => {
      const qkv = normal([10, 12], 3);
      const changed = tf.concat([tf.slice(qkv, [0, 0], [8, 12]), normal([2, 12], 4)]);
      const before = blockAttention(qkv, shape, 2).slice([0, 0], [8, 4]);
      expect(difference(blockAttention(changed, shape, 2).slice([0, 0], [8, 4]), before)).toBe(0);
    }),
  );
});

type Attend = (qkv: Tensor, inputs: Record<string, Tensor>) => Tensor;

/** One after the other, each on what the one before gave. */
function attending(time: number, layers: number, attend: Attend): StepFunction {
  const qkv = tf.tidy(() => tf.variable(normal([time, 12], 5)));
  const scalar = { shape: [], dtype: 'int32' as const };
  return {
    name: 'attending',
    inputs: { seed: scalar, step: scalar },
    variables: new Map([['qkv', qkv]]),
    run: (inputs) => {
      let y: Tensor = qkv;
      for (let i = 0; i < layers; i++) y = tf.tile(attend(y, inputs), [1, 3]);
      return { loss: tf.sum(tf.square(y)) };
    },
  };
}

describe('in a graph', () => {
  const one = (time: number) => ({ batch: 1, time, heads: 2 });
  const traced = (time: number, layers: number, attend: Attend, gradients = true) => {
    const step = attending(time, layers, attend);
    const graph = trace(step, { gradients });
    const feeds = { seed: Int32Array.of(1), step: Int32Array.of(2), qkv: step.variables.get('qkv')!.dataSync() };
    for (const variable of step.variables.values()) variable.dispose();
    const given = Object.fromEntries(graph.inputs.map(({ name }) => [name, feeds[name as keyof typeof feeds]]));
    return { graph, inlined: optimize(graph, { keep: () => false }), feeds: given as Record<string, Float32Array> };
  };
  const blocked: Attend = (x) => blockAttention(x, one(x.shape[0]!), x.shape[0]! / 8);
  const whole: Attend = (x) => wholeAttention(x, one(x.shape[0]!));
  const withDropout: Attend = (x, { seed, step }) =>
    blockAttention(x, one(x.shape[0]!), 16, { rate: 0.2, key: { seed: seed!, step: step! }, place: 1 });

  test.each([
    [383, ['CausalAttention', 'CausalAttentionGrad']],
    [384, ['BlockAttention', 'BlockAttentionGrad']],
  ])('attention over %d positions is %p', (time, ops) => {
    const { graph } = traced(time, 1, (x) => causalAttention(x, one(time)));
    expect(graph.nodes.map(({ op }) => op).filter((op) => op.includes('Attention'))).toEqual(ops);
  });

  test('the inlined graph gives the numbers and gradients of attention in one piece', () => {
    const [a, b] = [traced(40, 2, blocked), traced(40, 2, whole)].map(({ inlined, feeds }) =>
      interpret(inlined, feeds),
    );
    for (const name of ['loss', gradientName('qkv')]) {
      const scale = Math.max(...b![name]!.map(Math.abs));
      const apart = b![name]!.map((value, i) => Math.abs(a![name]![i]! - value));
      expect(Math.max(...apart)).toBeLessThan(1e-5 * scale);
    }
  });

  test('no value is as large as all weights, and memory grows with the length, not with its square', () => {
    for (const attend of [blocked, withDropout]) {
      const { inlined } = traced(128, 1, attend);
      const sizes = inlined.nodes.flatMap(({ outputs }) => outputs.map((value) => sizeOf(value.shape)));
      expect(Math.max(...sizes)).toBeLessThanOrEqual((2 * 128 * 128) / 8);
    }
    for (const gradients of [true, false]) {
      const peak = (time: number, attend: Attend) => peakBytes(traced(time, 2, attend, gradients).inlined);
      expect(peak(256, blocked) / peak(128, blocked)).toBeLessThan(2.1);
      expect(peak(256, whole) / peak(128, whole)).toBeGreaterThan(3.5);
    }
  });

  test('with a window work, memory and constants grow as the text does', () => {
    const window = 16;
    const windowed: Attend = (x) => blockAttention(x, { ...one(x.shape[0]!), window }, x.shape[0]! / 16);
    const of = (time: number) => {
      const { inlined } = traced(time, 2, windowed);
      const constants = inlined.constants.reduce((sum, { data }) => sum + data.length, 0);
      const largest = Math.max(...inlined.nodes.flatMap(({ outputs }) => outputs.map(({ shape }) => sizeOf(shape))));
      return { flops: workOf(inlined).flops, peak: peakBytes(inlined), constants, largest };
    };
    const [short, long] = [of(256), of(512)];
    expect(long.flops / short.flops).toBeLessThan(2.1);
    expect(long.peak / short.peak).toBeLessThan(2.1);
    expect(long.constants - short.constants).toBeLessThan(window * window);
    // Nothing is larger than the gradient by queries, keys and values, [T, 12].
    expect(long.largest).toBe(512 * 12);
  });

  test('layers share the constants of their masks', () => {
    const large = (layers: number) =>
      traced(256, layers, (x) => blockAttention(x, one(256), 4)).inlined.constants.filter(
        ({ data }) => data.length >= 128 * 128,
      ).length;
    expect(large(3)).toBe(large(1));
  });
});

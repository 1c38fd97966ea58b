import * as tf from '../tf.js';
import { gradientName, interpret, optimize, peakBytes, type StepFunction, sizeOf, trace } from '../trace/index.js';
import { embedding } from './embedding.js';
import { difference, expectGradients, leavingNothing, normal } from './testing/gradients.js';
import { tokenLosses } from './token-loss.js';
import { blockedLosses, vocabularyBlocks, vocabularyLoss, vocabularyLosses } from './vocabulary-loss.js';

type Tensor = tf.Tensor;

const ids = (...values: number[]) => tf.tensor1d(values, 'int32');
const wholeLosses = (hidden: Tensor, table: Tensor, targets: Tensor) =>
  tokenLosses(tf.matMul(hidden, table, false, true), targets);

describe('losses in blocks', () => {
  test(
    'worked by hand: equal logits cost ln V, a 3 : 1 choice costs ln 4 - ln 3, an ignored target nothing',
    leavingNothing(() => {
      const table = tf.tensor2d([[Math.log(3)], [0]]);
      const losses = blockedLosses(tf.tensor2d([[0], [1], [1]]), table, ids(1, 0, -1), 3);
      expect(difference(losses, tf.tensor1d([Math.log(2), Math.log(4 / 3), 0]))).toBeLessThan(1e-6);
    }),
  );

  test.each([1, 2, 3, 4, 7])('in %d blocks they are those of all logits, gradients too', (blocks) =>
    leavingNothing(() => {
      const targets = ids(3, -1, 0, 4, 4, 2, 1);
      expectGradients(
        (hidden, table) => blockedLosses(hidden!, table!, targets, blocks),
        (hidden, table) => wholeLosses(hidden!, table!, targets),
        [normal([7, 3], 1), normal([5, 3], 2)],
      );
    })(),
  );

  test(
    'the mean is over the targets that count',
    leavingNothing(() => {
      const { loss, lossSum, count } = vocabularyLoss(normal([3, 2], 1), normal([4, 2], 2), ids(1, -1, 2));
      expect(count.dataSync()[0]).toBe(2);
      expect(loss.dataSync()[0]).toBeCloseTo(lossSum.dataSync()[0]! / 2, 6);
    }),
  );

  test('blocks are of 128 MB, and only where they take less than all logits', () => {
    expect(vocabularyBlocks(8 * 2048, 128_000, 64)).toBe(63);
    expect(vocabularyBlocks(326, 128_000, 64)).toBe(1);
    expect(vocabularyBlocks(327, 128_000, 64)).toBe(2);
    expect(vocabularyBlocks(1024, 50_257, 768)).toBe(1);
    expect(vocabularyBlocks(8 * 1024, 50_257, 768)).toBe(13);
    expect(vocabularyBlocks(3, 2 ** 26, 1)).toBe(3);
  });

  test(
    'a table of another width is an error',
    leavingNothing(() => {
      const wrong = () => vocabularyLosses(tf.zeros([2, 3]), tf.zeros([5, 4]), ids(0, 1));
      expect(wrong).toThrow('vocabularyLosses: table must be float32 [?, 3], is float32 [5, 4]');
    }),
  );
});

describe('in a graph', () => {
  const [rows, width, vocabulary] = [32, 4, 48];
  const targets = Int32Array.from({ length: rows }, (_, i) => (i % 5 === 0 ? -1 : (7 * i) % vocabulary));
  const feeds = { targets };

  /** A model of one table, before and behind: tied embeddings. */
  function step(losses: (hidden: Tensor, table: Tensor, targets: Tensor) => Tensor): StepFunction {
    const table = tf.tidy(() => tf.variable(normal([vocabulary, width], 3)));
    return {
      name: 'one table',
      inputs: { targets: { shape: [rows], dtype: 'int32' } },
      variables: new Map([['table', table]]),
      run: (inputs) => {
        const hidden = tf.tanh(embedding(table, tf.maximum(inputs['targets']!, tf.scalar(0, 'int32'))));
        return { loss: tf.mean(losses(hidden, table, inputs['targets']!)) };
      },
    };
  }

  function graphOf(
    losses: (hidden: Tensor, table: Tensor, targets: Tensor) => Tensor,
    gradients = true,
    trained = true,
  ) {
    const made = step(losses);
    const traced = trace(made, { gradients, trainable: () => trained });
    const table = made.variables.get('table')!.dataSync<'float32'>();
    for (const variable of made.variables.values()) variable.dispose();
    return { traced, inlined: optimize(traced, { keep: () => false }), feeds: { ...feeds, table } };
  }

  const blocked = (count: number) => (hidden: Tensor, table: Tensor, ids: Tensor) =>
    blockedLosses(hidden, table, ids, count);
  const count = (graph: { nodes: readonly { op: string }[] }, op: string) =>
    graph.nodes.filter((node) => node.op === op).length;

  test('no value is as large as all logits', () => {
    for (const gradients of [true, false]) {
      const { inlined } = graphOf(blocked(8), gradients);
      const sizes = inlined.nodes.flatMap(({ outputs }) => outputs.map(({ shape }) => sizeOf(shape)));
      expect(Math.max(...sizes)).toBe((rows / 8) * vocabulary);
    }
    expect(peakBytes(graphOf(blocked(8)).inlined)).toBeLessThan(peakBytes(graphOf(wholeLosses).inlined) / 2);
  });

  test('loss and gradient are those of all logits', () => {
    const results = [blocked(8), wholeLosses].map((losses) => {
      const { inlined, feeds } = graphOf(losses);
      return interpret(inlined, feeds);
    });
    for (const name of ['loss', gradientName('table')]) {
      const [found, expected] = results.map((result) => result[name] as Float32Array) as [Float32Array, Float32Array];
      const scale = Math.max(...expected.map(Math.abs));
      expect(Math.max(...expected.map((value, i) => Math.abs(found[i]! - value)))).toBeLessThan(1e-6 * scale);
    }
  });

  test('a step that trains computes the logits of a block once, and takes the losses from the gradient', () => {
    const { traced, inlined } = graphOf(blocked(4));
    expect(traced.nodes.map(({ op }) => op)).toEqual(
      expect.arrayContaining(['VocabularyLosses', 'VocabularyLossesGrad']),
    );
    expect(count(optimize(traced), 'VocabularyLosses')).toBe(0);
    expect(count(inlined, 'BatchMatMul')).toBe(4 * 3);
  });

  test('where the gradient depends on the losses, the losses come first', () => {
    const squared = (losses: typeof wholeLosses) => (hidden: Tensor, table: Tensor, targets: Tensor) =>
      tf.square(losses(hidden, table, targets));
    const [found, expected] = [squared(blocked(4)), squared(wholeLosses)].map((losses) => {
      const { inlined, feeds } = graphOf(losses);
      return interpret(inlined, feeds)[gradientName('table')] as Float32Array;
    }) as [Float32Array, Float32Array];
    const scale = Math.max(...expected.map(Math.abs));
    expect(Math.max(...expected.map((value, i) => Math.abs(found[i]! - value)))).toBeLessThan(1e-6 * scale);
  });

  test('a table that is not trained gets no products for its gradient', () => {
    const { inlined } = graphOf(blocked(4), true, false);
    expect(count(inlined, 'BatchMatMul')).toBeLessThanOrEqual(4 * 2);
  });
});

// The loss over the vocabulary in blocks, on every engine: the loss and the gradients of all logits at once.
import { embedding, tokenLosses } from '../ops/index.js';
import { normal } from '../ops/testing/gradients.js';
import { blockedLosses } from '../ops/vocabulary-loss.js';
import { Random } from '../rng.js';
import * as tf from '../tf.js';
import type { Graph } from '../trace/graph.js';
import { gradientName, trace } from '../trace/index.js';
import { createEagerEngine } from './eager/engine.js';
import { compiledEngines } from './testing/engines.js';

const engines = { eager: () => createEagerEngine({ device: 'cpu' }), ...compiledEngines };

const [rows, width, vocabulary] = [40, 16, 301];
type Losses = (hidden: tf.Tensor, table: tf.Tensor, targets: tf.Tensor) => tf.Tensor;
const inBlocks: Losses = (hidden, table, targets) => blockedLosses(hidden, table, targets, 6);
const atOnce: Losses = (hidden, table, targets) => tokenLosses(tf.matMul(hidden, table, false, true), targets);

const random = new Random(1);
const draw = () => Int32Array.from({ length: rows }, () => random.integer(vocabulary));
/** Of such a size that logits are those of a model that has learned a little, about 1. */
const numbers = (shape: number[], seed: number) =>
  tf.tidy(() => tf.mul(normal(shape, seed), 0.3).dataSync<'float32'>());
const feeds = {
  ids: draw(),
  targets: draw().map((id, i) => (i % 7 === 0 ? -1 : id)),
  table: numbers([vocabulary, width], 1),
  mixing: numbers([width, width], 2),
};

/** A table before a layer and behind it, a mean over the targets that count. */
function graphOf(losses: Losses): Graph {
  const [table, mixing] = [
    [vocabulary, width],
    [width, width],
  ].map((shape) => tf.tidy(() => tf.variable(tf.zeros(shape))));
  const variables = new Map([
    ['table', table!],
    ['mixing', mixing!],
  ]);
  const int32 = { shape: [rows], dtype: 'int32' as const };
  const graph = trace(
    {
      name: 'tied',
      inputs: { ids: int32, targets: int32 },
      variables,
      run: ({ ids, targets }) => {
        const hidden = tf.matMul(embedding(table!, ids!), mixing!);
        return { loss: tf.div(tf.sum(losses(hidden, table!, targets!)), 34) };
      },
    },
    { gradients: true },
  );
  for (const variable of variables.values()) variable.dispose();
  return graph;
}

describe.each(Object.entries(engines))('%s', (_, open) => {
  test('in blocks the loss and the gradients are those of all logits, to a millionth', async () => {
    const engine = await open();
    const [found, expected] = await Promise.all(
      [inBlocks, atOnce].map(async (losses) => {
        const program = await engine.compileGraph(graphOf(losses));
        const results = await program.run(feeds);
        await program.dispose();
        return results;
      }),
    );
    await engine.dispose();
    expect(expected!['loss']![0]).toBeGreaterThan(1);
    for (const name of ['loss', gradientName('table'), gradientName('mixing')]) {
      const norm = (values: ArrayLike<number>) => Math.hypot(...Array.from(values));
      const off = expected![name]!.map((value, i) => found![name]![i]! - value);
      expect(norm(off) / norm(expected![name]!)).toBeLessThan(1e-6);
    }
  });
});

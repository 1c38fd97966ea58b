import * as tf from '../tf.js';
import { optimize, peakBytes, sizeOf, trace } from '../trace/index.js';
import type { Gpt } from './gpt.js';
import { evaluationStep, logitsStep, lossStep } from './steps.js';
import { feed, gpt2Of, gradients, makeGpt, tiny } from './testing/eager.js';

const shape = { batchSize: 2, time: 3 };
const batch = { ids: [1, 2, 3, 4, 5, 6], targets: [2, 3, 4, 5, 6, 0] };
const scalarOf = (x: tf.Tensor | undefined) => x!.dataSync()[0]!;

function using(changes: Parameters<typeof makeGpt>[0], body: (gpt: Gpt) => void): () => void {
  return () => {
    const before = tf.memory().numTensors;
    const gpt = makeGpt(changes);
    tf.tidy(() => body(gpt));
    gpt.dispose();
    expect(tf.memory().numTensors).toBe(before);
  };
}

describe('the steps of a model', () => {
  test(
    'the loss of evaluation is the loss of training without dropout',
    using({}, (gpt) => {
      const [training, evaluation] = [lossStep(gpt, shape), evaluationStep(gpt, shape)];
      const { lossSum, count } = evaluation.run(feed(evaluation, batch));
      expect(scalarOf(count)).toBe(6);
      const loss = scalarOf(training.run(feed(training, batch))['loss']);
      expect(loss).toBeCloseTo(scalarOf(lossSum) / 6, 5);
    }),
  );

  test(
    'an untrained model of GPT-2 initialization guesses: the loss is near ln V',
    using({}, (gpt) => {
      for (const variable of gpt.variables.values()) {
        if (variable.rank === 2) variable.assign(tf.mul(variable, 0.1));
      }
      const step = lossStep(gpt, shape);
      expect(Math.abs(scalarOf(step.run(feed(step, batch))['loss']) - Math.log(7))).toBeLessThan(0.15);
    }),
  );

  test(
    'targets of -1 are ignored',
    using({}, (gpt) => {
      const step = lossStep(gpt, shape);
      const evaluation = evaluationStep(gpt, { batchSize: 1, time: 3 });
      const first = evaluation.run(feed(evaluation, { ids: [1, 2, 3], targets: [2, 3, 4] }));
      const masked = step.run(feed(step, { ids: batch.ids, targets: [2, 3, 4, -1, -1, -1] }));
      expect(scalarOf(masked['loss'])).toBeCloseTo(scalarOf(first['lossSum']) / 3, 5);
    }),
  );

  test('a vocabulary of 128,000 at 8 x 2,048: no value has a row of logits for every token', () => {
    const gpt = gpt2Of({ ...tiny, vocabSize: 128_000, blockSize: 2048, nLayer: 1 });
    const many = { batchSize: 8, time: 2048 };
    for (const graph of [trace(lossStep(gpt, many), { gradients: true }), trace(evaluationStep(gpt, many))]) {
      const inlined = optimize(graph, { keep: () => false });
      const sizes = inlined.nodes.flatMap(({ outputs }) => outputs.map(({ shape }) => sizeOf(shape)));
      expect(Math.max(...sizes)).toBeLessThanOrEqual(2 ** 25);
      expect(peakBytes(inlined)).toBeLessThan(1e9);
    }
    gpt.dispose();
  });

  test(
    'seed and step are inputs where there is dropout, and only there',
    using({ dropout: 0.2 }, (gpt) => {
      const step = lossStep(gpt, shape);
      expect(Object.keys(step.inputs)).toEqual(['ids', 'targets', 'seed', 'step']);
      expect(Object.keys(evaluationStep(gpt, shape).inputs)).toEqual(['ids', 'targets']);
      const loss = (at: number) => scalarOf(step.run(feed(step, { ...batch, seed: [1], step: [at] }))['loss']);
      expect(loss(1)).toBe(loss(1));
      expect(loss(1)).not.toBe(loss(2));
    }),
  );

  test(
    'with dropout the gradient is that of the same masks: finite differences agree',
    using({ dropout: 0.3, nLayer: 1 }, (gpt) => {
      const step = lossStep(gpt, shape);
      const inputs = feed(step, { ...batch, seed: [5], step: [9] });
      const { gradients: found } = gradients(step, inputs);
      for (const name of ['wte.weight', 'h.0.attn.c_attn.weight', 'h.0.mlp.c_proj.bias', 'ln_f.weight']) {
        const variable = gpt.variables.get(name)!;
        const gradient = found.get(name)!.dataSync<'float32'>();
        const start = Float32Array.from(variable.dataSync());
        const at = gradient.reduce((best, g, i) => (Math.abs(g) > Math.abs(gradient[best]!) ? i : best), 0);
        const lossAt = (by: number) => {
          const moved = start.slice();
          moved[at]! += by;
          variable.assign(tf.tensor(moved, variable.shape));
          return scalarOf(step.run(inputs)['loss']);
        };
        const slope = (lossAt(1e-2) - lossAt(-1e-2)) / 2e-2;
        variable.assign(tf.tensor(start, variable.shape));
        expect(Math.abs(slope - gradient[at]!)).toBeLessThan(0.02 * Math.abs(gradient[at]!) + 1e-3);
      }
    }),
  );

  test(
    'the last logits are those of each text alone, whatever the padding',
    using({}, (gpt) => {
      const step = logitsStep(gpt, { batchSize: 2, time: 4 });
      const { logits } = step.run(feed(step, { ids: [1, 2, 6, 6, 3, 4, 5, 0], last: [1, 2] }));
      expect(logits!.shape).toEqual([2, 7]);
      const found = logits!.dataSync();
      [
        [1, 2],
        [3, 4, 5],
      ].forEach((text, row) => {
        const whole = gpt.logits(tf.tensor2d([text], undefined, 'int32')).dataSync();
        for (let i = 0; i < 7; i++) expect(found[row * 7 + i]).toBeCloseTo(whole.slice(-7)[i]!, 5);
      });
    }),
  );

  test(
    'a hundred steps with gradients leave no tensor over',
    using({ nLayer: 1, dropout: 0.1, position: 'rope' }, (gpt) => {
      const step = lossStep(gpt, { batchSize: 1, time: 2 });
      const inputs = feed(step, { ids: [1, 2], targets: [2, 3], seed: [1], step: [1] });
      const before = tf.memory().numTensors;
      for (let i = 0; i < 100; i++) tf.tidy(() => void gradients(step, inputs));
      expect(tf.memory().numTensors).toBe(before);
    }),
  );

  test(
    'twenty steps of Adam learn one batch nearly by heart',
    using({ nLayer: 1 }, (gpt) => {
      const step = lossStep(gpt, shape);
      const inputs = feed(step, batch);
      const optimizer = tf.train.adam(0.05);
      const variables = [...gpt.variables.values()];
      const first = scalarOf(step.run(inputs)['loss']);
      for (let i = 0; i < 20; i++) optimizer.minimize(() => step.run(inputs)['loss'] as tf.Scalar, false, variables);
      expect(first).toBeGreaterThan(1.5);
      expect(scalarOf(step.run(inputs)['loss'])).toBeLessThan(0.05);
      optimizer.dispose();
    }),
  );
});

// The model's steps as graphs: the numbers, gradients and dropout masks of running them op by op.
import * as tf from '../tf.js';
import { gradientName, interpret, type StepFunction, trace, verify } from '../trace/index.js';
import { evaluationStep, logitsStep, lossStep } from './steps.js';
import { feed, gradients, makeGpt } from './testing/eager.js';

const shape = { batchSize: 2, time: 3 };
const batch = { ids: [1, 2, 3, 4, 5, 6], targets: [2, 3, 4, 5, -1, 0], seed: [11], step: [3] };

function run(step: StepFunction, values: Record<string, number[]>, withGradients = false) {
  const graph = trace(step, { gradients: withGradients });
  verify(graph);
  const variable = (name: string) => step.variables.get(name)?.dataSync<'float32'>();
  const feeds = graph.inputs.map(({ name }) => [name, variable(name) ?? Int32Array.from(values[name]!)]);
  return { graph, results: interpret(graph, Object.fromEntries(feeds)) };
}

function close(found: ArrayLike<number>, expected: ArrayLike<number>): void {
  expect(found.length).toBe(expected.length);
  for (let i = 0; i < expected.length; i++) expect(found[i]).toBeCloseTo(expected[i]!, 5);
}

describe('a traced GPT', () => {
  test.each([
    ['learned', 0],
    ['sinusoidal', 0],
    ['rope', 0.2],
    ['learned', 0.2],
  ] as const)('gives loss and gradients of the eager one (%s, dropout %s)', (position, dropout) => {
    const before = tf.memory().numTensors;
    const gpt = makeGpt({ position, dropout });
    const step = lossStep(gpt, shape);
    const { graph, results } = run(step, batch, true);
    tf.tidy(() => {
      const { loss, gradients: expected } = gradients(step, feed(step, batch));
      close(results['loss']!, loss.dataSync());
      for (const [name, gradient] of expected) close(results[gradientName(name)]!, gradient.dataSync());
    });
    const count = (op: string) => graph.nodes.filter((node) => node.op === op).length;
    for (const op of ['CausalAttention', 'CausalAttentionGrad', 'Gelu', 'GeluGrad']) expect(count(op)).toBe(2);
    for (const op of ['LayerNorm', 'LayerNormGrad']) expect(count(op)).toBe(5);
    expect(count('Bernoulli')).toBe(dropout > 0 ? 1 + 3 * 2 : 0);
    gpt.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  test('evaluates and gives next logits as the eager one', () => {
    const gpt = makeGpt({ dropout: 0.2 });
    const evaluation = evaluationStep(gpt, shape);
    const logits = logitsStep(gpt, shape);
    const values = { ...batch, last: [0, 2] };
    tf.tidy(() => {
      const expected = evaluation.run(feed(evaluation, values));
      const { results } = run(evaluation, values);
      close(results['lossSum']!, expected['lossSum']!.dataSync());
      expect(Array.from(results['count']!)).toEqual([5]);
      const next = logits.run(feed(logits, values))['logits']!.dataSync();
      close(run(logits, values).results['logits']!, next);
    });
    gpt.dispose();
  });
});

// Every operation in a traced step: kept whole, and with the numbers and gradients of running it op by op.
import * as tf from '../tf.js';
import { type Graph, gradientName, interpret, type StepFunction, trace, verify } from '../trace/index.js';
import { blockAttention } from './block-attention.js';
import * as ops from './index.js';
import { normal } from './testing/gradients.js';
import { blockedLosses } from './vocabulary-loss.js';

type Tensors = Record<string, tf.Tensor>;

interface Case {
  readonly variables: Record<string, number[]>;
  readonly integers?: Record<string, number[]>;
  readonly run: (x: Tensors) => tf.Tensor;
  /** The nodes that the graph must hold, forward and backward. */
  readonly nodes: readonly string[];
}

const shape = { batch: 2, time: 3, heads: 2 };
const key = (x: Tensors) => ({ seed: x['seed']!, step: x['step']! });
const cases: Record<string, Case> = {
  layerNorm: {
    variables: { x: [3, 4], w: [4], b: [4] },
    run: ({ x, w, b }) => ops.layerNorm(x!, w!, b),
    nodes: ['LayerNorm', 'LayerNormGrad'],
  },
  'layerNorm without bias': {
    variables: { x: [3, 4], w: [4] },
    run: ({ x, w }) => ops.layerNorm(x!, w!, undefined),
    nodes: ['LayerNorm', 'LayerNormGrad'],
  },
  gelu: { variables: { x: [3, 4] }, run: ({ x }) => ops.gelu(x!), nodes: ['Gelu', 'GeluGrad'] },
  linear: {
    variables: { x: [3, 4], w: [4, 2], b: [2] },
    run: ({ x, w, b }) => ops.linear(x!, w!, b),
    nodes: ['BatchMatMul', 'Add'],
  },
  'losses over the vocabulary in blocks': {
    variables: { x: [5, 3], w: [7, 3] },
    integers: { targets: [4, -1, 0, 6, 2] },
    run: ({ x, w, targets }) => blockedLosses(x!, w!, targets!, 2),
    nodes: ['VocabularyLosses', 'VocabularyLossesGrad'],
  },
  embedding: {
    variables: { table: [5, 3] },
    integers: { ids: [4, 0, 4, 1] },
    run: ({ table, ids }) => ops.embedding(table!, ids!),
    nodes: ['Embedding', 'EmbeddingGrad'],
  },
  causalAttention: {
    variables: { qkv: [6, 12] },
    run: ({ qkv }) => ops.causalAttention(qkv!, shape),
    nodes: ['CausalAttention', 'CausalAttentionGrad'],
  },
  'causalAttention with dropout': {
    variables: { qkv: [6, 12] },
    integers: { seed: [1], step: [2] },
    run: (x) => ops.causalAttention(x['qkv']!, shape, { rate: 0.3, key: key(x), place: 1 }),
    nodes: ['Bernoulli', 'CausalAttention', 'CausalAttentionGrad'],
  },
  blockAttention: {
    variables: { qkv: [6, 12] },
    run: ({ qkv }) => blockAttention(qkv!, shape, 2),
    nodes: ['BlockAttention', 'BlockAttentionGrad'],
  },
  'blockAttention with a window': {
    variables: { qkv: [6, 12] },
    run: ({ qkv }) => blockAttention(qkv!, { ...shape, window: 2 }, 3),
    nodes: ['BlockAttention', 'BlockAttentionGrad'],
  },
  'causalAttention with a window': {
    variables: { qkv: [6, 12] },
    run: ({ qkv }) => ops.causalAttention(qkv!, { ...shape, window: 2 }),
    nodes: ['CausalAttention', 'CausalAttentionGrad'],
  },
  'blockAttention with dropout': {
    variables: { qkv: [6, 12] },
    integers: { seed: [1], step: [2] },
    run: (x) => blockAttention(x['qkv']!, shape, 2, { rate: 0.3, key: key(x), place: 1 }),
    nodes: ['Bernoulli', 'BlockAttention', 'BlockAttentionGrad'],
  },
  tokenLoss: {
    variables: { logits: [4, 5] },
    integers: { targets: [2, -1, 0, 4] },
    run: ({ logits, targets }) => ops.tokenLoss(logits!, targets!).loss,
    nodes: ['TokenLoss', 'TokenLossGrad'],
  },
  dropout: {
    variables: { x: [5, 4] },
    integers: { seed: [3], step: [4] },
    run: (x) => ops.dropout(x['x']!, 0.4, key(x), 7),
    nodes: ['Bernoulli'],
  },
  rope: {
    variables: { qkv: [6, 24] },
    run: ({ qkv }) => ops.rope(qkv!, ops.ropeTables(3, 4), 4),
    nodes: ['Rope'],
  },
};

const scalars = ['seed', 'step'];

function stepOf({ variables, integers = {}, run }: Case): StepFunction {
  const inputs = Object.entries(integers).map(([name, data]) => {
    return [name, { shape: scalars.includes(name) ? [] : [data.length], dtype: 'int32' as const }] as const;
  });
  const made = Object.entries(variables).map(([name, dims], i) => {
    return [name, tf.tidy(() => tf.variable(normal(dims, 50 + i)))] as const;
  });
  return {
    name: 'case',
    inputs: Object.fromEntries(inputs),
    variables: new Map(made),
    run: (tensors) => {
      const y = run({ ...tensors, ...Object.fromEntries(made) });
      const weights = tf.tensor(
        Float32Array.from({ length: y.size }, (_, i) => Math.sin(i + 1)),
        y.shape,
      );
      return { loss: tf.sum(tf.mul(y, weights)), y };
    },
  };
}

function names(graph: Graph): Set<string> {
  return new Set(graph.nodes.map(({ op }) => op));
}

function close(found: ArrayLike<number>, expected: ArrayLike<number>): void {
  expect(found.length).toBe(expected.length);
  for (let i = 0; i < expected.length; i++) expect(found[i]).toBeCloseTo(expected[i]!, 5);
}

describe.each(Object.entries(cases))('a traced %s', (_name, example) => {
  test('is kept whole and gives the numbers and gradients of the eager one', () => {
    const before = tf.memory().numTensors;
    const step = stepOf(example);
    const graph = trace(step, { gradients: true });
    verify(graph);
    expect([...names(graph)]).toEqual(expect.arrayContaining([...example.nodes]));
    const integers = example.integers ?? {};
    const state = [...step.variables].map(([name, variable]) => [name, variable.dataSync<'float32'>()] as const);
    const feeds = Object.entries(integers).map(([name, data]) => [name, Int32Array.from(data)] as const);
    const results = interpret(graph, Object.fromEntries([...state.filter(([name]) => uses(graph, name)), ...feeds]));
    tf.tidy(() => {
      const tensors = Object.fromEntries(
        Object.entries(step.inputs).map(([name, spec]) => [
          name,
          tf.tensor(Int32Array.from(integers[name]!), [...spec.shape], 'int32'),
        ]),
      );
      close(results['y']!, step.run(tensors)['y']!.dataSync());
      const variables = [...step.variables.values()];
      const { grads } = tf.variableGrads(() => step.run(tensors)['loss'] as tf.Scalar, variables);
      for (const [name, variable] of step.variables) {
        close(results[gradientName(name)]!, grads[variable.name]!.dataSync());
      }
    });
    for (const variable of step.variables.values()) variable.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});

const uses = (graph: Graph, input: string) => graph.inputs.some(({ name }) => name === input);

import * as tf from '../tf.js';
import { optimize, trace } from '../trace/index.js';
import { interpret } from '../trace/interpret.js';
import { gelu } from './gelu.js';
import { recompute } from './recompute.js';

const variable = (values: number[], shape: number[]) => tf.variable(tf.tensor(values, shape));
const x0 = () => tf.tensor2d([0.5, -1, 2, 0.25, 1.5, -0.75], [3, 2]);

function layers(remember: boolean) {
  const w = [variable([0.3, -0.2, 0.7, 0.1], [2, 2]), variable([-0.5, 0.4, 0.2, 0.9], [2, 2])];
  const part = (v: tf.Variable) => (h: tf.Tensor) => tf.add(h, gelu(tf.matMul(h, v)));
  const run = (x: tf.Tensor) =>
    w.reduce((h: tf.Tensor, v) => (remember ? part(v)(h) : recompute(part(v), h, [v])), x).mean() as tf.Scalar;
  return { w, run };
}

test('values and gradients are those of remembering everything, and nothing is left over', () => {
  const measure = (remember: boolean) => {
    const { w, run } = layers(remember);
    const x = x0();
    const before = tf.memory().numTensors;
    const result = tf.tidy(() => {
      const { value, grads } = tf.valueAndGrads((input: tf.Tensor) => run(input))([x]);
      const byWeight = tf.variableGrads(() => run(x), w).grads;
      return [value, ...grads, ...Object.values(byWeight)].map((t) => Array.from(t.dataSync()));
    });
    expect(tf.memory().numTensors).toBe(before);
    tf.dispose([x, ...w]);
    return result;
  };
  expect(measure(false)).toEqual(measure(true));
});

test('in a graph the second computation stays apart from the first, and gives the same gradients', () => {
  const graphOf = (remember: boolean) => {
    const { w, run } = layers(remember);
    const step = {
      name: 'step',
      inputs: { x: { shape: [3, 2], dtype: 'float32' as const } },
      variables: new Map(w.map((v, i) => [`w${i}`, v])),
      run: ({ x }: Record<string, tf.Tensor>) => ({ loss: run(x!) }),
    };
    const feeds = {
      x: x0().dataSync() as Float32Array,
      ...Object.fromEntries(w.map((v, i) => [`w${i}`, v.dataSync() as Float32Array])),
    };
    const graph = optimize(trace(step, { gradients: true }));
    return { graph, results: interpret(graph, feeds) };
  };
  const [kept, again] = [graphOf(true), graphOf(false)];
  const count = (graph: typeof kept.graph, op: string) => graph.nodes.filter((node) => node.op === op).length;
  expect(count(kept.graph, 'Gelu')).toBe(2);
  expect(count(again.graph, 'Fence')).toBe(2);
  expect(count(again.graph, 'BatchMatMul')).toBeGreaterThan(count(kept.graph, 'BatchMatMul'));
  expect(Object.keys(again.results).sort()).toEqual(Object.keys(kept.results).sort());
  for (const [name, data] of Object.entries(kept.results))
    expect(Array.from(again.results[name]!)).toEqual(Array.from(data));
});

import { GptError } from '../errors.js';
import * as tf from '../tf.js';
import {
  composite,
  dump,
  ensureTraceBackend,
  type Graph,
  interpret,
  optimize,
  primitive,
  type StepFunction,
  trace,
  verify,
} from './index.js';

beforeAll(() => ensureTraceBackend());

const x = Float32Array.from([1, -2, 3, 0.5, 0, -1.25]);
const opsOf = (graph: Graph): string[] => graph.nodes.map(({ op }) => op);

function stepOf(run: StepFunction['run'], variables: [string, tf.Variable][] = []): StepFunction {
  return { name: 'test', inputs: { x: { shape: [2, 3], dtype: 'float32' } }, variables: new Map(variables), run };
}

/** x * gain, and its square. */
const scale = (input: tf.Tensor, gain: tf.Tensor): tf.Tensor[] =>
  composite('Scale', [input, gain], { power: 2 }, (a, g) => [a!.mul(g!), a!.mul(g!).square()]);

describe('a composite', () => {
  test('is one node whose body computes what the plain definition does', () => {
    const gain = tf.tensor([1, 2, 3]);
    const step = stepOf((inputs) => {
      const [y, square] = scale(inputs['x']!, gain);
      return { y: y!, square: square!.sum() };
    });
    const graph = trace(step);
    verify(graph);
    expect(opsOf(graph)).toEqual(['Scale', 'Sum']);
    expect(opsOf(graph.nodes[0]!.body!)).toEqual(['Multiply', 'Multiply', 'Square']);
    expect(graph.nodes[0]!.attributes).toEqual({ power: 2 });
    const results = interpret(graph, { x });
    expect([...results['y']!]).toEqual([1, -4, 9, 0.5, 0, -3.75]);
    expect(results['square']![0]).toBeCloseTo(1 + 16 + 81 + 0.25 + 14.0625, 4);
    const [plain] = tf.tidy(() => scale(tf.tensor(x, [2, 3]), gain).map((tensor) => tensor.dataSync()));
    expect([...plain!]).toEqual([...results['y']!]);
    gain.dispose();
  });

  test('twice the same is computed once, and its body recorded once', () => {
    let bodies = 0;
    const graph = trace(
      stepOf((inputs) => {
        const twice = (input: tf.Tensor) =>
          composite('Twice', [input], {}, (a) => {
            bodies += 1;
            return [a!.mul(2)];
          })[0]!;
        return { a: twice(inputs['x']!), b: twice(inputs['x']!), c: twice(inputs['x']!.neg()) };
      }),
    );
    expect(bodies).toBe(1);
    expect(opsOf(optimize(graph))).toEqual(['Twice', 'Neg', 'Twice']);
  });

  test('under the tape it is recorded in the open, so that its gradient is right', () => {
    const gain = tf.tidy(() => tf.variable(tf.tensor([1, 2, 3])));
    const step = stepOf((inputs) => ({ loss: scale(inputs['x']!, gain)[1]!.sum() }), [['gain', gain]]);
    const graph = trace(step, { gradients: true });
    expect(opsOf(graph)).not.toContain('Scale');
    const gradient = interpret(graph, { x, gain: Float32Array.from([1, 2, 3]) })['grad:gain']!;
    [0, 1, 2].forEach((i) => {
      expect(gradient[i]).toBeCloseTo(2 * (i + 1) * (x[i]! ** 2 + x[i + 3]! ** 2), 4);
    });
    gain.dispose();
  });

  test('in a custom gradient stays whole, forward and backward', () => {
    const gain = tf.tidy(() => tf.variable(tf.tensor([1, 2, 3])));
    const scaled = (input: tf.Tensor): tf.Tensor =>
      tf.customGrad((a, g) => ({
        value: scale(a as tf.Tensor, g as tf.Tensor)[0]!,
        gradFunc: (dy: tf.Tensor) =>
          composite('ScaleGrad', [dy, a as tf.Tensor, g as tf.Tensor], {}, (d, p, q) => [
            d!.mul(q!),
            d!.mul(p!).sum(0),
          ]),
      }))(input, gain);
    const step = stepOf((inputs) => ({ loss: scaled(inputs['x']!).sum() }), [['gain', gain]]);
    const graph = optimize(trace(step, { gradients: true }));
    expect(opsOf(graph)).toEqual(['Scale', 'Sum', 'ScaleGrad']);
    expect([...interpret(graph, { x, gain: gain.dataSync() as Float32Array })['grad:gain']!]).toEqual([1.5, -2, 1.75]);
    expect(opsOf(optimize(graph, { keep: (op) => op !== 'Scale' }))).not.toContain('Scale');
    gain.dispose();
  });

  test('of concrete tensors just runs', () => {
    const graph = trace(stepOf((inputs) => ({ y: inputs['x']!.add(scale(tf.ones([3]), tf.ones([3]))[0]!) })));
    expect(opsOf(graph)).toEqual(['Add']);
  });

  test('must get every traced tensor as an input', () => {
    const step = stepOf((inputs) => ({
      y: composite('Leak', [inputs['x']!], {}, (a) => [a!.add(inputs['x']!)])[0]!,
    }));
    expect(() => trace(step)).toThrow(/body of Leak uses a traced tensor/);
    expect(tf.engine().state.activeScope).toBeNull();
  });
});

describe('a primitive', () => {
  const counted = (seed: tf.Tensor): tf.Tensor =>
    primitive('Count', [seed], { from: 1 }, [{ shape: [3], dtype: 'float32' }], (s) => [
      tf.range(0, 3).add(s!.toFloat()),
    ])[0]!;
  const step: StepFunction = {
    name: 'count',
    inputs: { seed: { shape: [], dtype: 'int32' } },
    variables: new Map(),
    run: ({ seed }) => ({ y: counted(seed!).mul(2) }),
  };

  test('is recorded, and interpreted by its definition', () => {
    const graph = trace(step);
    verify(graph);
    expect(opsOf(graph)).toEqual(['Count', 'Multiply']);
    expect([...interpret(optimize(graph), { seed: Int32Array.of(5) })['y']!]).toEqual([10, 12, 14]);
  });

  test('without a definition is an error, unless one is given', () => {
    const { nodes, ...rest } = trace(step);
    const graph = { ...rest, nodes: nodes.map((node) => (node.op === 'Count' ? { ...node, op: 'Strange' } : node)) };
    expect(() => interpret(graph, { seed: Int32Array.of(5) })).toThrow(GptError);
    const primitives = { Strange: () => () => [tf.zeros([3])] };
    expect([...interpret(graph, { seed: Int32Array.of(5) }, { primitives })['y']!]).toEqual([0, 0, 0]);
  });
});

test('a dump shows bodies, shapes and constants', () => {
  const text = dump(trace(stepOf((inputs) => ({ y: scale(inputs['x']!, tf.tensor([1, 2, 3]))[0]! }))));
  expect(text).toBe(`graph test: 1 nodes, 1 constants
  input %0:f32[2,3] x
  constant %1:f32[3] = 1 2 3
  %2:f32[2,3], %3:f32[2,3] = Scale(%0, %1) power=2
    graph Scale: 3 nodes, 0 constants
      input %0:f32[2,3] input0
      input %1:f32[3] input1
      %2:f32[2,3] = Multiply(%0, %1)
      %3:f32[2,3] = Multiply(%0, %1)
      %4:f32[2,3] = Square(%3)
      output output0 = %2
      output output1 = %4
  output y = %2
`);
});

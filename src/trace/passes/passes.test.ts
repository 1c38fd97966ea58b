import fc from 'fast-check';
import * as tf from '../../tf.js';
import { GraphBuilder } from '../builder.js';
import { composite } from '../composite.js';
import { Emitter } from '../emitter.js';
import { ensureTraceBackend, type Graph, type HostArray, interpret, trace, type Value, verify } from '../index.js';
import { inferNode } from '../vocabulary/index.js';
import * as passes from './index.js';

beforeAll(() => ensureTraceBackend());

const opsOf = (graph: Graph): string[] => graph.nodes.map(({ op }) => op);

/** A graph over x [2, 3] and y [1, 3] by hand; every result is an output. */
function graphOf(make: (to: Emitter, x: Value, y: Value) => Value[]): Graph {
  const builder = new GraphBuilder('hand');
  const x = builder.input('x', { shape: [2, 3], dtype: 'float32' });
  const y = builder.input('y', { shape: [1, 3], dtype: 'float32' });
  make(new Emitter(builder), x, y).forEach((value, index) => {
    builder.output(`out${index}`, value);
  });
  return builder.build();
}

const feeds = { x: Float32Array.from([1, -2, 3, 0.5, 0, -1.25]), y: Float32Array.from([2, -3, 0.75]) };

function expectSame(before: Graph, after: Graph, numbers: Record<string, HostArray>): void {
  verify(after, inferNode);
  const [old, now] = [interpret(before, numbers), interpret(after, numbers)];
  expect(Object.keys(now)).toEqual(Object.keys(old));
  for (const [name, values] of Object.entries(old))
    for (const [i, value] of values.entries()) expect(now[name]![i]! + 0).toBe(value + 0);
}

/** A random program over a growing pool of values: each entry picks an operation and its operands. */
const programs = fc.array(fc.tuple(fc.nat(1e6), fc.nat(1e6), fc.nat(1e6), fc.nat(1e6)), {
  minLength: 1,
  maxLength: 25,
});

function randomGraph(program: readonly (readonly [number, number, number, number])[]): Graph {
  return graphOf((to, x, y) => {
    const pool: Value[] = [x, y, to.scalar(0, 'float32'), to.scalar(1, 'float32'), to.scalar(2, 'float32')];
    const constant = Float32Array.from([0.5, -1, 2]);
    pool.push(to.builder.constant(constant, [3], 'float32'), to.builder.constant(constant.slice(), [3], 'float32'));
    const unary = ['Neg', 'Square', 'Tanh', 'Abs', 'Relu', 'Exp'];
    const binary = ['Add', 'Sub', 'Multiply', 'Maximum', 'RealDiv', 'SquaredDifference'];
    for (const [kind, first, second, third] of program) {
      const a = pool[first % pool.length]!;
      const b = pool[second % pool.length]!;
      try {
        pool.push(...randomOperation(to, kind % 12, a, b, third, unary[second % 6]!, binary[third % 6]!));
      } catch {
        // Shapes that do not meet: another operation will.
      }
    }
    return pool.slice(-6);
  });
}

function randomOperation(
  to: Emitter,
  kind: number,
  a: Value,
  b: Value,
  pick: number,
  unary: string,
  binary: string,
): Value[] {
  const rank = a.shape.length;
  const axis = pick % Math.max(rank, 1);
  const perm = a.shape.map((_, i) => (i + pick) % rank);
  switch (kind) {
    case 0:
      return [to.one(unary, [a])];
    case 1:
      return to.all('Transpose', [a], { perm });
    case 2:
      return to.all('Reshape', [a], { shape: pick % 2 ? [...a.shape, 1] : [1, ...a.shape] });
    case 3:
      return to.all('BroadcastTo', [a], { shape: [2, ...a.shape] });
    case 4:
      return to.all('BatchMatMul', [a, b], { transposeA: pick % 2 === 0, transposeB: pick % 4 < 2 });
    case 5:
      return rank ? to.all(pick % 2 ? 'Sum' : 'Max', [a], { axis: [axis], keepDims: pick % 3 === 0 }) : [];
    case 6:
      return [to.cast(to.one('Greater', [a, b]), pick % 2 ? 'float32' : 'int32')].map((v) => to.cast(v, 'float32'));
    case 7:
      return [to.one('Select', [to.one('Less', [a, b]), a, b])];
    case 8:
      return rank
        ? to.all('Slice', [a], { begin: a.shape.map(() => 0), size: a.shape.map((n) => Math.max(1, n - (pick % 2))) })
        : [];
    case 9:
      return to.all('AddN', [a, a, a]);
    case 10: {
      const transposeA = pick % 2 === 0;
      const product = to.one('BatchMatMul', [a, swapped(to, transposeA ? a : b)], {
        transposeA,
        transposeB: transposeA,
      });
      return [swapped(to, product)];
    }
    default:
      return to.all(binary, [a, b]);
  }
}

/** The last two axes exchanged. */
function swapped(to: Emitter, value: Value): Value {
  const last = value.shape.length - 1;
  const perm = value.shape.map((_, i) => (i === last ? last - 1 : i === last - 1 ? last : i));
  return to.one('Transpose', [value], { perm });
}

describe('passes leave results unchanged', () => {
  const each: [string, (graph: Graph) => Graph][] = [
    ['removeDeadCode', passes.removeDeadCode],
    ['shareCommonSubexpressions', passes.shareCommonSubexpressions],
    ['foldConstants', passes.foldConstants],
    ['transposeIntoMatMul', passes.transposeIntoMatMul],
    ['simplify', passes.simplify],
    ['optimize', passes.optimize],
  ];
  test.each(each)('%s, on random graphs', (_, pass) => {
    fc.assert(
      fc.property(programs, (program) => {
        const graph = randomGraph(program);
        verify(graph, inferNode);
        expectSame(graph, pass(graph), feeds);
      }),
      { numRuns: 40 },
    );
  });

  test('on a transformer block with its gradients, kept whole or inlined', () => {
    const graph = trace(blockStep(), { gradients: true });
    const inputs = Object.fromEntries(
      graph.inputs.map(({ name, value }) => [
        name,
        tf.util.makeZerosTypedArray(tf.util.sizeFromShape([...value.shape]), value.dtype),
      ]),
    ) as Record<string, HostArray>;
    Object.values(inputs).forEach((data, k) => {
      data.forEach((_, i) => {
        data[i] = data instanceof Int32Array ? (i * 5 + k) % 7 : Math.sin(i * 1.7 + k) / 2;
      });
    });
    const whole = passes.optimize(graph);
    const open = passes.optimize(graph, { keep: () => false });
    expect(opsOf(whole)).toContain('ScaleNorm');
    expect(opsOf(open)).not.toContain('ScaleNorm');
    expect(whole.nodes.length).toBeLessThan(graph.nodes.length);
    expectSame(graph, whole, inputs);
    expectSame(graph, open, inputs);
    const before = tf.memory().numTensors;
    passes.optimize(graph);
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('what each pass finds', () => {
  test('dead code goes, inputs stay', () => {
    const graph = graphOf((to, x) => [to.one('Exp', [to.one('Tanh', [x])]), to.one('Neg', [x])].slice(1));
    const swept = passes.removeDeadCode(graph);
    expect(opsOf(swept)).toEqual(['Neg']);
    expect(swept.inputs).toHaveLength(2);
    expect(passes.removeDeadCode(swept)).toBe(swept);
  });

  test('equal operations on equal constants are computed once', () => {
    const graph = graphOf((to, x) =>
      [0, 1].map(() => to.one('Add', [x, to.builder.constant(Float32Array.of(1, 2, 3), [3], 'float32')])),
    );
    const shared = passes.removeDeadCode(passes.shareCommonSubexpressions(graph));
    expect(opsOf(shared)).toEqual(['Add']);
    expect(shared.constants).toHaveLength(1);
    expect(shared.outputs[0]!.value).toBe(shared.outputs[1]!.value);
  });

  test('constants are folded, large ones from small ones are not', () => {
    const small = graphOf((to, x) => [to.one('Add', [x, to.one('Exp', [to.scalar(1, 'float32')])])]);
    expect(opsOf(passes.removeDeadCode(passes.foldConstants(small)))).toEqual(['Add']);
    const large = graphOf((to) => [
      to.one(
        'Tile',
        [to.scalar(1, 'float32')].map((v) => to.reshape(v, [1])),
        { reps: [1 << 17] },
      ),
    ]);
    expect(opsOf(passes.optimize(large)).at(-1)).toBe('Tile');
  });

  test('a transposed operand and a transposed product become flags', () => {
    const graph = graphOf((to, x, y) => {
      const product = to.one('BatchMatMul', [x, to.one('Transpose', [y], { perm: [1, 0] })], {
        transposeA: false,
        transposeB: false,
      });
      return [to.one('Transpose', [product], { perm: [1, 0] })];
    });
    const after = passes.removeDeadCode(passes.transposeIntoMatMul(graph));
    expect(after.nodes.map(({ op, attributes }) => [op, attributes['transposeA'], attributes['transposeB']])).toEqual([
      ['BatchMatMul', false, true],
    ]);
    expectSame(graph, after, feeds);
  });

  test.each<[string, (to: Emitter, x: Value, y: Value) => Value, string[]]>([
    ['x + 0', (to, x) => to.one('Add', [x, to.filled(0, [2, 3], 'float32')]), []],
    ['1 * x', (to, x) => to.one('Multiply', [to.scalar(1, 'float32'), x]), []],
    ['0 - x', (to, x) => to.one('Sub', [to.scalar(0, 'float32'), x]), ['Neg']],
    ['x / 8', (to, x) => to.one('RealDiv', [x, to.scalar(8, 'float32')]), ['Multiply']],
    ['x ** 2', (to, x) => to.one('Pow', [x, to.scalar(2, 'float32')]), ['Square']],
    ['x + 0 that broadcasts', (to, _, y) => to.one('Add', [y, to.filled(0, [2, 3], 'float32')]), ['BroadcastTo']],
    ['x times broadcast y', (to, x, y) => to.one('Multiply', [x, to.broadcastTo(y, [2, 3])]), ['Multiply']],
    ['transposed twice', (to, x) => to.transpose(to.transpose(x, [1, 0]), [1, 0]), []],
    ['reshaped twice', (to, x) => to.reshape(to.reshape(x, [6]), [3, 2]), ['Reshape']],
    ['a sum reshaped', (to, x) => to.reshape(to.one('Sum', [x], { axis: [1], keepDims: false }), [2, 1]), ['Sum']],
    ['a sum of one', (to, _, y) => to.one('Sum', [y], { axis: [0], keepDims: false }), ['Reshape']],
    ['bool there and back', (to, x) => to.cast(to.cast(to.one('Greater', [x, x]), 'float32'), 'bool'), ['Greater']],
    ['one row chosen', (to, x, y) => to.one('Select', [to.filled(1, [2, 3], 'bool'), x, y]), []],
  ])('%s', (_, make, expected) => {
    const graph = graphOf((to, x, y) => [make(to, x, y)]);
    const after = passes.optimize(graph);
    expect(opsOf(after)).toEqual(expected);
    expectSame(graph, after, feeds);
  });
});

/** Pre-norm attention block, embedding and token loss, with a norm of its own gradient. */
function blockStep() {
  const [B, T, C, H, V] = [2, 3, 4, 2, 7];
  const shapes = { wte: [V, C], gain: [C], qkv: [C, 3 * C], proj: [C, C], bias: [C] };
  const variables = new Map(
    Object.entries(shapes).map(([name, shape]) => [name, tf.tidy(() => tf.variable(tf.zeros(shape)))] as const),
  );
  const get = (name: keyof typeof shapes) => variables.get(name)!;
  const norm = tf.customGrad((x, gain, save) => {
    const [y] = composite('ScaleNorm', [x as tf.Tensor, gain as tf.Tensor], { epsilon: 1e-5 }, (a, g) => [
      a!.mul(a!.square().mean(-1, true).add(1e-5).rsqrt()).mul(g!),
    ]);
    (save as tf.GradSaveFunc)([x as tf.Tensor, gain as tf.Tensor]);
    return {
      value: y!,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => [dy.mul(saved[1]!), dy.mul(saved[0]!).sum([0, 1])],
    };
  });
  return {
    name: 'block',
    inputs: { ids: { shape: [B, T], dtype: 'int32' as const } },
    variables,
    run: ({ ids }: Record<string, tf.Tensor>) => {
      const x = tf.gather(get('wte'), ids!.flatten()).reshape([B, T, C]);
      const flat = norm(x, get('gain')).reshape([B * T, C]);
      const heads = tf
        .matMul(flat as tf.Tensor2D, get('qkv') as tf.Tensor2D)
        .split(3, 1)
        .map((part) => part.reshape([B, T, H, C / H]).transpose([0, 2, 1, 3]));
      const scores = tf.matMul(heads[0]!, heads[1]!, false, true).div(Math.sqrt(C / H));
      const mask = tf.linalg.bandPart(tf.ones([T, T]), -1, 0);
      const weights = tf.softmax(scores.mul(mask).add(mask.sub(1).mul(1e9)));
      const mixed = tf
        .matMul(weights, heads[2]!)
        .transpose([0, 2, 1, 3])
        .reshape([B * T, C]);
      const hidden = tf
        .matMul(mixed as tf.Tensor2D, get('proj') as tf.Tensor2D)
        .add(get('bias'))
        .add(x.reshape([B * T, C]));
      const logits = tf.matMul(hidden as tf.Tensor2D, get('wte') as tf.Tensor2D, false, true);
      const targets = tf.oneHot(ids!.flatten().toInt(), V);
      return { loss: tf.logSoftmax(logits).mul(targets).sum(-1).mean().neg().asScalar() };
    },
  };
}

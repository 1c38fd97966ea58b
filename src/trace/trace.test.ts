import { GptError } from '../errors.js';
import * as tf from '../tf.js';
import { dump, ensureTraceBackend, interpret, placeholder, type StepFunction, trace, verify } from './index.js';
import { inferNode } from './vocabulary/index.js';

class Norm extends tf.layers.Layer {
  private gain!: tf.serialization.ConfigDict extends never ? never : ReturnType<tf.layers.Layer['addWeight']>;
  override build(shape: number[]): void {
    this.gain = this.addWeight('gain', [shape.at(-1)!], 'float32', tf.initializers.ones());
    super.build(shape);
  }
  override computeOutputShape(shape: number[]): number[] {
    return shape;
  }
  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const x = Array.isArray(inputs) ? inputs[0]! : inputs;
    const centred = x.sub(x.mean(-1, true));
    return centred.mul(centred.square().mean(-1, true).add(1e-5).rsqrt()).mul(this.gain.read());
  }
  static get className(): string {
    return 'NormForTraceTest';
  }
}

type Symbolic = ReturnType<typeof tf.input>;

function ones(shape: number[], name?: string): tf.Variable {
  return tf.tidy(() => tf.variable(tf.ones(shape), true, name));
}

function smallModel(): { step: StepFunction; ids: Int32Array; dispose: () => void } {
  const input = tf.input({ shape: [5], dtype: 'int32' });
  let hidden = tf.layers.embedding({ inputDim: 7, outputDim: 6 }).apply(input) as Symbolic;
  hidden = new Norm().apply(hidden) as Symbolic;
  hidden = tf.layers.dense({ units: 8, activation: 'relu' }).apply(hidden) as Symbolic;
  const model = tf.model({ inputs: input, outputs: tf.layers.dense({ units: 7 }).apply(hidden) as Symbolic });
  const variables = new Map(model.trainableWeights.map((w, i) => [`w${i}`, w.read() as tf.Variable]));
  const step: StepFunction = {
    name: 'small',
    inputs: { ids: { shape: [2, 5], dtype: 'int32' }, weight: { shape: [2, 5], dtype: 'float32' } },
    variables,
    run: ({ ids, weight }) => {
      const logits = model.apply(ids!, { training: true }) as tf.Tensor;
      const logProbabilities = tf.logSoftmax(logits.reshape([10, 7]));
      const targets = tf.oneHot(ids!.flatten().toInt(), 7);
      const loss = logProbabilities.mul(targets).sum(1).mul(weight!.flatten()).neg().mean();
      return { loss: loss.asScalar(), logits };
    },
  };
  return { step, ids: Int32Array.from([0, 1, 2, 3, 4, 5, 6, 0, 1, 2]), dispose: () => model.dispose() };
}

beforeAll(() => ensureTraceBackend());

function feedsOf(step: StepFunction, inputs: Record<string, Float32Array | Int32Array>) {
  const weights = [...step.variables].map(([name, variable]) => [name, variable.dataSync()]);
  return { ...inputs, ...Object.fromEntries(weights) };
}

const codeOf = (f: () => unknown): string => {
  try {
    f();
  } catch (error) {
    return error instanceof GptError ? `${error.code}: ${error.message}` : String(error);
  }
  return 'no error';
};

function stepOf(run: StepFunction['run'], variables: [string, tf.Variable][] = []): StepFunction {
  return { name: 'test', inputs: { x: { shape: [2, 3], dtype: 'float32' } }, variables: new Map(variables), run };
}

describe('trace', () => {
  test('a model of tf.layers with its gradients gives the same numbers as tfjs', () => {
    const { step, ids, dispose } = smallModel();
    const weight = Float32Array.from({ length: 10 }, (_, i) => i / 5);
    const graph = trace(step, { gradients: true });
    verify(graph, inferNode);
    const results = interpret(graph, feedsOf(step, { ids, weight }));
    tf.tidy(() => {
      const inputs = { ids: tf.tensor(ids, [2, 5], 'int32'), weight: tf.tensor(weight, [2, 5]) };
      const byName = new Map([...step.variables].map(([name, variable]) => [variable.name, name]));
      const { value, grads } = tf.variableGrads(
        () => step.run(inputs)['loss'] as tf.Scalar,
        [...step.variables.values()],
      );
      expect(results['loss']![0]).toBeCloseTo(value.dataSync()[0]!, 5);
      for (const [name, gradient] of Object.entries(grads)) {
        const traced = results[`grad:${byName.get(name)}`]!;
        gradient.dataSync().forEach((number, i) => {
          expect(traced[i]).toBeCloseTo(number, 5);
        });
      }
      expect(Object.keys(grads)).toHaveLength(step.variables.size);
    });
    dispose();
  });

  test('no tensor is left and the inputs come first, in order', () => {
    const { step, dispose } = smallModel();
    const before = tf.memory();
    const graph = trace(step, { gradients: true });
    expect(tf.memory()).toMatchObject({ numTensors: before.numTensors, numDataBuffers: before.numDataBuffers });
    expect(graph.inputs.map(({ name }) => name)).toEqual(['ids', 'weight', ...step.variables.keys()]);
    expect(graph.outputs.map(({ name }) => name)).toEqual([
      'loss',
      'logits',
      ...[...step.variables.keys()].map((name) => `grad:${name}`),
    ]);
    expect(dump(graph)).toContain('GatherV2(');
    dispose();
  });

  test('a variable that the loss does not need has a gradient of zeros, an unused one is no input', () => {
    const [used, idle] = [ones([3]), ones([40])];
    const graph = trace(
      stepOf(
        ({ x }) => ({ loss: x!.mul(used).sum() }),
        [
          ['used', used],
          ['idle', idle],
        ],
      ),
      { gradients: true },
    );
    expect(graph.inputs.map(({ name }) => name)).toEqual(['x', 'used']);
    const x = Float32Array.from([1, 2, 3, 4, 5, 6]);
    const results = interpret(graph, { x, used: new Float32Array(3) });
    expect([...results['grad:used']!]).toEqual([5, 7, 9]);
    expect([...results['grad:idle']!]).toEqual(Array(40).fill(0));
    const frozen = trace(
      stepOf(({ x }) => ({ loss: x!.mul(used).sum() }), [['used', used]]),
      {
        gradients: true,
        trainable: () => false,
      },
    );
    expect(frozen.outputs.map(({ name }) => name)).toEqual(['loss']);
    used.dispose();
    idle.dispose();
  });

  test('concrete tensors become constants, equal numbers one number', () => {
    const graph = trace(stepOf(({ x }) => ({ y: x!.add(tf.tensor([1, 2, 3]).square()).mul(tf.ones([40, 2, 3])) })));
    expect(graph.nodes.map(({ op }) => op)).toEqual(['Add', 'BroadcastTo', 'Multiply']);
    expect(graph.constants.map(({ data }) => [...data])).toEqual([[1, 4, 9], [1]]);
  });

  test('placeholders take no memory and cannot be read', () => {
    const variable = tf.variable(placeholder({ shape: [1e6, 1e6], dtype: 'float32' }));
    const graph = trace(stepOf(({ x }) => ({ y: x!.add(variable.slice([0, 0], [1, 3])) }), [['w', variable]]));
    expect(graph.inputs[1]!.value.shape).toEqual([1e6, 1e6]);
    expect(codeOf(() => variable.dataSync())).toMatch(/^trace\/read: .*placeholder/);
    expect(codeOf(() => variable.square())).toMatch(/^trace\/read: Square/);
    variable.dispose();
  });
});

describe('what cannot be traced is an error that names the operation', () => {
  const seen = tf.engine();
  afterEach(() => {
    expect(seen.state.activeScope).toBeNull();
    expect(seen.state.gradientDepth).toBe(0);
    expect(Math.random()).toBeLessThan(1);
  });

  const cases: [string, StepFunction['run'], RegExp][] = [
    [
      'dataSync',
      ({ x }) => ({ y: x!.square().mul(x!.square().dataSync()[0]!) }),
      /^trace\/read: your own code .*Square/,
    ],
    [
      'data()',
      ({ x }) => {
        void x!.data();
        return { y: x! };
      },
      /^trace\/read: your own code .*made by x/,
    ],
    ['an async step', (async ({ x }: { x: tf.Tensor }) => ({ y: x })) as never, /^trace\/async/],
    [
      'an async read',
      (async ({ x }: { x: tf.Tensor }) => ({ y: x.mul((await x.data())[0]!) })) as never,
      /^trace\/read/,
    ],
    ['tf.unique', ({ x }) => ({ y: tf.unique(x!.flatten().toInt()).values }), /^trace\/data-dependent: .*Unique/],
    ['tf.dropout', ({ x }) => ({ y: tf.dropout(x!, 0.5) }), /^trace\/random: .*tf.dropout/],
    ['tf.dropout with a seed', ({ x }) => ({ y: tf.dropout(x!, 0.5, undefined, 7) }), /^trace\/random: .*tf.dropout/],
    [
      'tf.randomNormal',
      ({ x }) => ({ y: x!.add(tf.randomNormal([2, 3], 0, 1, 'float32', 3)) }),
      /random.*randomNormal/,
    ],
    ['Math.random', ({ x }) => ({ y: x!.mul(Math.random()) }), /^trace\/random: your own code/],
    ['tf.multinomial', ({ x }) => ({ y: x!.add(tf.multinomial(tf.ones([2, 3]) as tf.Tensor2D, 3)) }), /^trace\/random/],
    [
      'a convolution of volumes',
      ({ x }) => ({ y: tf.conv3d(x!.reshape([1, 1, 1, 2, 3]) as tf.Tensor5D, tf.ones([1, 1, 1, 3, 1]), 1, 'same') }),
      /^trace\/kernel: .*Conv3D/,
    ],
    ['complex', ({ x }) => ({ y: tf.real(tf.fft(tf.complex(x!, x!))) }), /^trace\/(kernel|dtype)/],
    ['a new variable', ({ x }) => ({ y: x!.add(tf.variable(tf.ones([3]))) }), /^trace\/variable: .*makes/],
  ];
  test.each(cases)('%s', (_, run, expected) => {
    const before = tf.memory().numTensors;
    expect(codeOf(() => trace(stepOf(run)))).toMatch(expected);
    const w = ones([3]);
    const inGradient: StepFunction['run'] = (inputs) => ({
      loss: Object.values(run({ x: inputs['x']!.mul(w) }))[0]!.sum(),
    });
    expect(codeOf(() => trace(stepOf(inGradient, [['w', w]]), { gradients: true }))).not.toBe('no error');
    w.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  test('a variable that the step does not declare', () => {
    const stray = ones([3], 'stray');
    expect(codeOf(() => trace(stepOf(({ x }) => ({ y: x!.mul(stray) }))))).toMatch(/^trace\/variable: .*stray/);
    expect(codeOf(() => trace(stepOf(({ x }) => ({ y: x!.mul(stray.square()) }))))).toMatch(
      /^trace\/variable: .*stray/,
    );
    expect(codeOf(() => trace(stepOf(({ x }) => ({ y: x!, z: stray.assign(tf.zeros([3])) as never }))))).toMatch(
      /^trace\/variable/,
    );
    expect([...stray.dataSync()]).toEqual([1, 1, 1]);
    stray.dispose();
  });

  test('a loss that is not a scalar', () => {
    const w = ones([3]);
    expect(
      codeOf(() =>
        trace(
          stepOf(({ x }) => ({ loss: x!.mul(w) }), [['w', w]]),
          { gradients: true },
        ),
      ),
    ).toMatch(/^trace\/loss: .*float32\[2,3\]/);
    expect(
      codeOf(() =>
        trace(
          stepOf(({ x }) => ({ y: x! }), [['w', w]]),
          { gradients: true },
        ),
      ),
    ).toMatch(/^trace\/loss/);
    w.dispose();
  });
});

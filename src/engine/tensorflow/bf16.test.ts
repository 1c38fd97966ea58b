// bfloat16: only products are in it, weights and moments stay float32, and a resumed run is the unbroken one.

import { config, furthest, open, shape, step, trained } from '../../../test/tensorflow-training.js';
import { initialize, lossStep, parameterSpecs } from '../../model/index.js';
import { gpt2Of } from '../../model/testing/eager.js';
import type { Optimizer } from '../../optimizer/index.js';
import type { Graph } from '../../trace/graph.js';
import { GraphBuilder, trace } from '../../trace/index.js';
import { compileGraph } from './compile.js';
import { prepared } from './graphs.js';
import { lowerInto } from './lower.js';
import { Context, loadLibrary } from './native/index.js';
import { withTensorflow } from './testing/library.js';
import { GraphWriter, type Ref } from './writer.js';

const modes = ['graph', 'xla'] as const;

/** Multiplies matrices by the identity: in bfloat16 that would round them. */
const unchanged: Optimizer = {
  name: 'unchanged',
  settings: {},
  ruleFor: () => ({
    op: 'Unchanged',
    slots: () => [],
    constants: () => ({}),
    scalars: () => ({}),
    update: (tf, { parameter }) => {
      const same = parameter.rank === 2 ? tf.matMul(parameter, tf.eye(parameter.shape[1]!)) : parameter;
      return { parameter: same, slots: {} };
    },
  }),
};

/** a [1, 2] times b [2, 1] */
function productGraph(): Graph {
  const builder = new GraphBuilder('product');
  const inputs = [
    builder.input('a', { shape: [1, 2], dtype: 'float32' }),
    builder.input('b', { shape: [2, 1], dtype: 'float32' }),
  ];
  const attributes = { transposeA: false, transposeB: false };
  const [product] = builder.add('BatchMatMul', inputs, attributes, [{ shape: [1, 1], dtype: 'float32' }]);
  builder.output('product', product!);
  return builder.build();
}

withTensorflow('bfloat16 on TensorFlow', () => {
  test.each(modes)('%s rounds the operands of a product to 8 bits, and nothing else', async (mode) => {
    const context = Context.open(await loadLibrary(), { threads: 2, interThreads: 1, growMemory: true, gpu: false });
    const run = async (precision: 'f32' | 'bf16') => {
      const product = compileGraph(context, productGraph(), { manner: { mode, precision } });
      // 1 + 2^-9 is 1 in bfloat16; 3 and 5 and their product are exact.
      const result = await product.run({ a: Float32Array.of(1 + 2 ** -9, 3), b: Float32Array.of(1, 5) });
      product.dispose();
      return result['product']![0];
    };
    expect(await run('f32')).toBe(16 + 2 ** -9);
    expect(await run('bf16')).toBe(16);
    context.dispose();
  });

  test.each(modes)('in a training step all products of %s are in bfloat16, forward and backward', async (mode) => {
    const gpt = gpt2Of(config);
    const graph = prepared(trace(lossStep(gpt, shape), { gradients: true, trainable: () => true }));
    const writer = new GraphWriter(await loadLibrary(), { mode, precision: 'bf16' });
    const halves = new Set<unknown>();
    const written: { type: string; half: boolean }[] = [];
    const op = writer.op.bind(writer);
    jest.spyOn(writer, 'op').mockImplementation((type, inputs, attributes = {}) => {
      const ref = op(type, inputs, attributes);
      if (type === 'Cast' && (attributes['DstT'] as { type: string }).type === 'bfloat16') halves.add(ref.oper);
      if (/MatMul|Einsum/.test(type))
        written.push({ type, half: inputs.every((input) => halves.has((input as Ref).oper)) });
      return ref;
    });
    lowerInto(writer, graph, (name) => {
      const { value } = graph.inputs.find((input) => input.name === name)!;
      return writer.placeholder(value.dtype, value.shape);
    });
    const products = graph.nodes.filter(({ op: name }) => /MatMul|Einsum/.test(name));
    // Four projections and attention's two products a layer, and the logits; each product has two gradients.
    expect(products).toHaveLength(3 * (6 * config.nLayer + 1));
    expect(written.map(({ half }) => half)).toEqual(products.map(() => true));
    writer.dispose();
    gpt.dispose();
  });

  test.each(modes)("%s: the products of an optimizer's update are in float32", async (mode) => {
    const engine = await open(mode, 'bf16');
    const gpt = gpt2Of(config);
    const specs = parameterSpecs(config);
    const state = await engine.createState(specs, { training: true, optimizer: unchanged });
    for (const { name, data } of initialize(specs, 1337)) await state.write('parameter', name, data);
    const name = 'h.0.mlp.c_fc.weight';
    const before = await state.read('parameter', name);
    const program = await engine.compileTraining(lossStep(gpt, shape), state, { gradClip: 0 });
    await step(program, 1);
    expect(await state.read('parameter', name)).toEqual(before);
    await program.dispose();
    await state.dispose();
    gpt.dispose();
    await engine.dispose();
  });

  test.each(modes)(
    '%s: 30 losses stay within 0.02 of those of float32, and differ from them',
    async (mode) => {
      const { losses: single } = await trained(await open(mode), 30);
      const { losses: half } = await trained(await open(mode, 'bf16'), 30);
      expect(single.at(-1)!).toBeLessThan(single[0]! - 0.3);
      expect(furthest(half, single)).toBeLessThan(0.02);
      expect(furthest(half, single)).toBeGreaterThan(1e-5);
    },
    600_000,
  );

  test.each(modes)(
    '%s: weights and moments are float32, and a resumed run ends with the same bits',
    async (mode) => {
      const whole = await trained(await open(mode, 'bf16'), 8);
      const begun = await trained(await open(mode, 'bf16'), 5);
      const rest = await trained(await open(mode, 'bf16'), 8, { resumed: { arrays: begun.arrays, steps: 5 } });
      expect(rest).toEqual({ losses: whole.losses.slice(5), arrays: whole.arrays });
      for (const kind of ['parameter', 'firstMoment', 'secondMoment']) {
        const bits = whole.arrays.filter((array) => array.kind === kind).flatMap(({ data }) => bitsOf(data));
        // A bfloat16 number has the lower half of its bits 0; of float32 numbers one in 65,536 has.
        expect(bits.filter((each) => (each & 0xffff) !== 0).length / bits.length).toBeGreaterThan(0.95);
      }
    },
    600_000,
  );
});

/** Of the numbers that are not 0. */
function bitsOf(data: Float32Array): number[] {
  return [...new Uint32Array(data.buffer, data.byteOffset, data.length)].filter((bits) => bits !== 0);
}

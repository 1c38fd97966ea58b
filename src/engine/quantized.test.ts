// Products with weights in 8 and 4 bits, on every engine that has them, against dequantizing and multiplying.

import { decodeStep, prefillStep } from '../model/decoding-steps.js';
import { Gpt, initialize, logitsStep, type ParameterSpec, parameterSpecs } from '../model/index.js';
import { cacheShapeOf, type GptConfig } from '../model/registry.js';
import { familyCases } from '../model/testing/families.js';
import { formatOf, type Scheme } from '../quantization/index.js';
import { Random } from '../rng.js';
import * as tf from '../tf.js';
import { createEagerEngine } from './eager/engine.js';
import { hostEngines } from './testing/engines.js';
import type { ArraySpec, Engine, Feeds, State, StepFunction } from './types.js';

/** y = x W, as GPT-2's matrices lie, or x W^T; `outputAxis` says which. */
function productStep(rows: number, inputs: number, outputs: number, outputAxis: 0 | 1): [StepFunction, ArraySpec] {
  const shape = outputAxis === 1 ? [inputs, outputs] : [outputs, inputs];
  const weight = tf.variable(tf.zeros(shape));
  const step: StepFunction = {
    name: 'product',
    inputs: { x: { shape: [rows, inputs], dtype: 'float32' } },
    variables: new Map([['w', weight]]),
    run: ({ x }) => ({ y: tf.matMul(x!, weight as tf.Tensor, false, outputAxis === 0) as tf.Tensor }),
  };
  return [step, { name: 'w', shape, decay: true, role: 'matrix', outputAxis }];
}

/** 64 numbers that 8 bits hold exactly: the kernels round the activations, too. */
function exactRows(rows: number, inputs: number): Float32Array {
  const random = new Random(3);
  return Float32Array.from({ length: rows * inputs }, (_, i) => (i % 32 === 0 ? 127 : random.integer(255) - 127));
}

async function run(engine: Engine, step: StepFunction, specs: readonly ArraySpec[], values: Values, feeds: Feeds) {
  const state = await engine.createState(specs, { training: false });
  for (const { name } of specs) await state.write('parameter', name, values.get(name)!);
  const kept = new Map<string, Float32Array>();
  for (const { name } of specs) kept.set(name, await state.read('parameter', name));
  const program = await engine.compile(step, state);
  const results = await program.run(feeds);
  await program.dispose();
  await state.dispose();
  return { results, kept };
}

type Values = ReadonlyMap<string, Float32Array>;

const quantizedSpecs = (specs: readonly ParameterSpec[], scheme: Scheme): ArraySpec[] =>
  specs.map((spec) => ({ ...spec, quantized: formatOf(spec, scheme) }));

function relativeError(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  let [off, size] = [0, 0];
  for (let i = 0; i < expected.length; i++) {
    off += (found[i]! - expected[i]!) ** 2;
    size += expected[i]! ** 2;
  }
  return Math.sqrt(off / size);
}

describe.each(Object.entries(hostEngines))('%s', (_name, open) => {
  let engine: Engine;
  let oracle: Engine;
  beforeAll(async () => {
    engine = await open();
    oracle = await createEagerEngine({ device: 'cpu' });
  });
  afterAll(async () => {
    await engine.dispose();
    await oracle.dispose();
  });

  test.each([
    [8, 1, 128, 48, 1],
    [8, 1, 128, 48, 0],
    [4, 1, 128, 48, 1],
    [4, 3, 192, 80, 0],
    [4, 40, 128, 16, 1],
    [8, 2, 96, 5, 1], // the last block is half full
    [4, 2, 96, 5, 0],
  ] as const)('%p bits, [%p, %p] times %p outputs on axis %p', async (bits, rows, inputs, outputs, outputAxis) => {
    const [step, spec] = productStep(rows, inputs, outputs, outputAxis);
    const random = new Random(7);
    const w = Float32Array.from({ length: inputs * outputs }, () => random.normal());
    const x = exactRows(rows, inputs);
    const specs = [{ ...spec, quantized: { bits, outputAxis } }];
    const { results, kept } = await run(engine, step, specs, new Map([['w', w]]), { x });
    const back = kept.get('w')!;
    expect(relativeError(back, w)).toBeLessThan(bits === 8 ? 0.01 : 0.12);
    const at = (i: number, o: number) => back[outputAxis === 1 ? i * outputs + o : o * inputs + i]!;
    const expected = Float64Array.from({ length: rows * outputs }, (_, index) => {
      const [row, o] = [Math.floor(index / outputs), index % outputs];
      let sum = 0;
      for (let i = 0; i < inputs; i++) sum += x[row * inputs + i]! * at(i, o);
      return sum;
    });
    expect(relativeError(results['y']!, expected)).toBeLessThan(1e-3);
  });

  const schemes: readonly Scheme[] = ['int8', 'int4'];
  describe.each(schemes)('%s', (scheme) => {
    test.each(Object.entries(familyCases))('%s: logits are those of the dequantized weights', async (_of, small) => {
      const config = { ...small, nEmbd: 64, ...('headDim' in small && { ffnSize: 128 }) } as GptConfig;
      const specs = parameterSpecs(config);
      const values = new Map([...initialize(specs, 1337)].map(({ name, data }) => [name, data]));
      const feeds = { ids: Int32Array.of(3, 1, 4, 1, 5, 9, 2, 6), last: Int32Array.of(7) };
      const step = logitsStep(await Gpt.create(config), { batchSize: 1, time: 8 });
      const found = await run(engine, step, quantizedSpecs(specs, scheme), values, feeds);
      const expected = await run(oracle, step, specs, found.kept, feeds);
      expect(relativeError(found.results['logits']!, expected.results['logits']!)).toBeLessThan(0.03);
      const full = await run(oracle, step, specs, values, feeds);
      expect(relativeError(full.results['logits']!, expected.results['logits']!)).toBeGreaterThan(1e-4);
    });
  });

  test('decoding with float32 weights compiled in gives the logits of reading the text at once', async () => {
    const config = familyCases['gpt2']!;
    const gpt = await Gpt.create(config);
    const specs = parameterSpecs(config);
    const state = await engine.createState(specs, { training: false });
    for (const { name, data } of initialize(specs, 1337)) await state.write('parameter', name, data);
    const ids = [3, 1, 4, 1, 5];
    const { present } = await once(engine, state, prefillStep(gpt, { batchSize: 1, time: 4 }), {
      ids: Int32Array.from(ids.slice(0, 4)),
      last: Int32Array.of(3),
    });
    const { heads, width } = cacheShapeOf(config);
    const size = heads * width;
    const kept: Record<string, Float32Array> = {};
    for (let block = 0; block < config.nLayer; block++)
      for (const [part, name] of ['keys', 'values'].entries()) {
        const room = new Float32Array(8 * size); // [K, R, D]
        for (let t = 0; t < 4; t++)
          for (let i = 0; i < size; i++)
            room[(Math.floor(i / width) * 8 + t) * width + (i % width)] = (present as Float32Array)[
              ((block * 4 + t) * 2 + part) * size + i
            ]!;
        kept[`${name}.${block}`] = room;
      }
    const step = decodeStep(gpt, { batchSize: 1, room: 8 });
    expect(step.repeated).toBe(true);
    const at = Int32Array.of(4);
    const feeds = { ids: Int32Array.of(ids[4]!), lengths: at, positions: at, places: at, ...kept };
    const { logits } = await once(engine, state, step, feeds);
    const whole = await once(engine, state, logitsStep(gpt, { batchSize: 1, time: 5 }), {
      ids: Int32Array.from(ids),
      last: Int32Array.of(4),
    });
    expect(relativeError(logits!, whole['logits']!)).toBeLessThan(1e-5);
    await state.dispose();
  });
});

async function once(engine: Engine, state: State, step: StepFunction, feeds: Feeds) {
  const program = await engine.compile(step, state);
  try {
    return await program.run(feeds);
  } finally {
    await program.dispose();
  }
}

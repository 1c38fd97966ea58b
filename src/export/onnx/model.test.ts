// Exported graphs against the model in tfjs, op by op: every family, one pass or token by token, padded on the left.
import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { MemoryState } from '../../checkpoint/testing/fixtures.js';
import { loadRuntime } from '../../engine/onnx/runtime.js';
import { Classifier, Gpt, type GptConfig, headSpec, parameterSpecs } from '../../model/index.js';
import { assign } from '../../model/testing/eager.js';
import { familyCases } from '../../model/testing/families.js';
import * as tf from '../../tf.js';
import { quantizeRows } from './blocks.js';
import { onnxModel } from './model.js';
import type { OnnxDtype, Parameter, Parameters } from './weights.js';

const labels = ['a', 'b', 'c'];

function parametersOf(config: GptConfig, classifier = false): Parameters {
  const specs = [...parameterSpecs(config), ...(classifier ? [headSpec(config, labels.length)] : [])];
  const state = new MemoryState(specs, false, 3);
  return new Map(
    specs.map((spec) => {
      const values = state.data.get(`parameter ${spec.name}`)!.map((value) => value / 4);
      return [spec.name, { spec, values }];
    }),
  );
}

/** Logits [T, V] of one text. */
async function reference(config: GptConfig, parameters: Parameters, ids: readonly number[]): Promise<Float32Array> {
  const gpt = await Gpt.create(config);
  for (const [name, { values }] of parameters) if (gpt.variables.has(name)) assign(gpt, name, values);
  const logits = tf.tidy(() => gpt.logits(tf.tensor2d([[...ids]], undefined, 'int32')).dataSync() as Float32Array);
  gpt.dispose();
  return logits;
}

async function open(config: GptConfig, parameters: Parameters, dtype: OnnxDtype = 'f32', classes?: readonly string[]) {
  const ort = await loadRuntime();
  const bytes = onnxModel({ config, parameters, labels: classes }, dtype);
  const session = await ort.InferenceSession.create(bytes, { logSeverityLevel: 4, intraOpNumThreads: 1 });
  const int64 = (rows: readonly (readonly number[])[]) =>
    new ort.Tensor('int64', BigInt64Array.from(rows.flat(), BigInt), [rows.length, rows[0]!.length]);
  return { session, int64, ort };
}

type Open = Awaited<ReturnType<typeof open>>;
type Values = Record<string, Tensor>;

/** Keys and values of no position, by the shapes that the model declares. */
function nothing({ session, ort }: Open, batch: number): Values {
  const past = session.inputMetadata.filter(({ name }) => name.startsWith('past_key_values'));
  return Object.fromEntries(
    past.map((each) => {
      const [, heads, , width] = (each as InferenceSession.TensorValueMetadata).shape as number[];
      return [each.name, new ort.Tensor('float32', new Float32Array(0), [batch, heads!, 0, width!])];
    }),
  );
}

const kept = (outputs: Values): Values =>
  Object.fromEntries(
    Object.entries(outputs)
      .filter(([name]) => name.startsWith('present'))
      .map(([name, value]) => [name.replace('present', 'past_key_values'), value]),
  );

function distance(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  expect(found.length).toBe(expected.length);
  return Math.max(...Array.from(found, (value, i) => Math.abs(value - expected[i]!)));
}

const text = [1, 7, 3, 12, 0, 5];

describe.each(Object.entries(familyCases))('%s', (_name, config) => {
  const parameters = parametersOf(config);
  const { vocabSize } = config;

  test('the logits of a text are those of the model, in one pass and token by token', async () => {
    const expected = await reference(config, parameters, text);
    const opened = await open(config, parameters);
    const { session, int64 } = opened;
    const positions = text.map((_, i) => i);
    const ones = text.map(() => 1);
    const whole = await session.run({
      ...{ input_ids: int64([text]), attention_mask: int64([ones]), position_ids: int64([positions]) },
      ...nothing(opened, 1),
    });
    expect(whole['logits']!.dims).toEqual([1, text.length, vocabSize]);
    expect(distance(whole['logits']!.data as Float32Array, expected)).toBeLessThan(2e-5);
    let past = nothing(opened, 1);
    for (const [at, id] of text.entries()) {
      const step = { input_ids: int64([[id]]), attention_mask: int64([ones.slice(0, at + 1)]) };
      const outputs = await session.run({ ...step, position_ids: int64([[at]]), ...past });
      const row = expected.subarray(at * vocabSize, (at + 1) * vocabSize);
      expect(distance(outputs['logits']!.data as Float32Array, row)).toBeLessThan(2e-5);
      past = kept(outputs);
    }
    expect(past['past_key_values.1.value']!.dims[2]).toBe(text.length);
    await session.release();
  });

  test('padding on the left changes nothing, whatever it is', async () => {
    const short = text.slice(0, 4);
    const [long, alone] = [await reference(config, parameters, text), await reference(config, parameters, short)];
    const opened = await open(config, parameters);
    const { session, int64 } = opened;
    const first = await session.run({
      input_ids: int64([text.slice(0, 5), [9, 2, ...short.slice(0, 3)]]),
      attention_mask: int64([
        [1, 1, 1, 1, 1],
        [0, 0, 1, 1, 1],
      ]),
      position_ids: int64([
        [0, 1, 2, 3, 4],
        [1, 1, 0, 1, 2],
      ]),
      ...nothing(opened, 2),
    });
    const second = await session.run({
      input_ids: int64([[text[5]!], [short[3]!]]),
      attention_mask: int64([
        [1, 1, 1, 1, 1, 1],
        [0, 0, 1, 1, 1, 1],
      ]),
      position_ids: int64([[5], [3]]),
      ...kept(first),
    });
    const found = second['logits']!.data as Float32Array;
    expect(distance(found.subarray(0, vocabSize), long.subarray(5 * vocabSize))).toBeLessThan(2e-5);
    expect(distance(found.subarray(vocabSize), alone.subarray(3 * vocabSize))).toBeLessThan(2e-5);
    await session.release();
  });

  test('quantized, it computes what the model computes with the quantized weights; in float16 nearly the same', async () => {
    for (const dtype of ['q8', 'q4', 'f16'] as const) {
      const opened = await open(config, parameters, dtype);
      const { session, int64 } = opened;
      const outputs = await session.run({
        input_ids: int64([text]),
        attention_mask: int64([text.map(() => 1)]),
        position_ids: int64([text.map((_, i) => i)]),
        ...nothing(opened, 1),
      });
      const weights = dtype === 'f16' ? parameters : rounded(parameters, dtype);
      const expected = await reference(config, weights, text);
      expect(distance(outputs['logits']!.data as Float32Array, expected)).toBeLessThan(dtype === 'f16' ? 0.05 : 2e-4);
      await session.release();
    }
  });

  test('a classifier reads the last position that is no padding, on either side', async () => {
    const withHead = parametersOf(config, true);
    const gpt = await Gpt.create(config);
    const classifier = new Classifier(gpt, labels.length);
    for (const [name, { values }] of withHead) {
      const variable = classifier.variables.get(name)!;
      tf.tidy(() => variable.assign(tf.tensor(values, variable.shape)));
    }
    const ids = tf.tensor2d([text.slice(0, 4)], undefined, 'int32');
    const expected = tf.tidy(() => classifier.read(ids, tf.tensor1d([3], 'int32')).scores.dataSync() as Float32Array);
    const { session, int64 } = await open(config, withHead, 'f32', labels);
    const { logits } = await session.run({
      input_ids: int64([
        [...text.slice(0, 4), 9, 9],
        [9, 9, ...text.slice(0, 4)],
      ]),
      attention_mask: int64([
        [1, 1, 1, 1, 0, 0],
        [0, 0, 1, 1, 1, 1],
      ]),
    });
    expect(logits!.dims).toEqual([2, 3]);
    for (const row of [0, 1])
      expect(distance((logits!.data as Float32Array).subarray(3 * row, 3 * row + 3), expected)).toBeLessThan(2e-5);
    await session.release();
    gpt.dispose();
  });
});

/** The parameters as their quantized form says they are. */
function rounded(parameters: Parameters, dtype: 'q8' | 'q4'): Parameters {
  return new Map(
    [...parameters].map(([name, parameter]): [string, Parameter] => {
      const { spec, values } = parameter;
      if (spec.role !== 'matrix' && !spec.perToken) return [name, parameter];
      const bits = dtype === 'q4' && !spec.perToken ? 4 : 8;
      const rowMajor = spec.perToken || spec.outputAxis === 0;
      const [first, second] = spec.shape as [number, number];
      const [rows, columns] = rowMajor ? [first, second] : [second, first];
      const at = (row: number, column: number) => (rowMajor ? row * columns + column : column * rows + row);
      const matrix = Float32Array.from(
        { length: values.length },
        (_, i) => values[at(Math.floor(i / columns), i % columns)]!,
      );
      const { data, scales, blocks } = quantizeRows(matrix, rows, columns, bits);
      const exact = new Float32Array(values.length);
      for (let row = 0; row < rows; row++)
        for (let column = 0; column < columns; column++) {
          const place = row * blocks * 32 + column;
          const step = bits === 8 ? data[place]! - 128 : ((data[place >> 1]! >> (4 * (place & 1))) & 15) - 8;
          exact[at(row, column)] = step * scales[row * blocks + (column >> 5)]!;
        }
      return [name, { spec, values: exact }];
    }),
  );
}

test('blocks, worked by hand', () => {
  const row = new Float32Array(34);
  row.set([0, 8, -4, 2.5], 0);
  row.set([-1, 0.5], 32);
  const four = quantizeRows(row, 1, 34, 4);
  // The extremes 8 and -1 are 8 steps below the middle: steps of -1 and of 0.125.
  expect([...four.scales]).toEqual([-1, 0.125]);
  expect([...four.data.subarray(0, 3)]).toEqual([8 | (0 << 4), 12 | (6 << 4), 8 | (8 << 4)]);
  expect([...four.data.subarray(16, 18)]).toEqual([0 | (12 << 4), 8 | (8 << 4)]);
  const eight = quantizeRows(row, 1, 34, 8);
  expect([...eight.scales]).toEqual([Math.fround(8 / 127), Math.fround(1 / 127)]);
  expect([...eight.data.subarray(0, 4)]).toEqual([128, 255, 64, 168]);
  expect([...eight.data.subarray(32, 35)]).toEqual([1, 192, 128]);
  expect(quantizeRows(new Float32Array(32), 1, 32, 4).data).toEqual(new Uint8Array(16).fill(0x88));
});

import { KeyValueCache } from '../sample/index.js';
import * as tf from '../tf.js';
import type { StepFunction } from '../trace/step.js';
import { decodeStep, extendStep, keysName, prefillStep, valuesName } from './decoding-steps.js';
import { Gpt } from './gpt.js';
import { initialize } from './initialize.js';
import { cacheShapeOf, type GptConfig, parameterSpecs } from './registry.js';
import { logitsStep } from './steps.js';
import { assign, makeGpt, tiny } from './testing/eager.js';
import { familyCases } from './testing/families.js';

const ids = [3, 1, 4, 1, 5];

function run(step: StepFunction, feeds: Record<string, ArrayLike<number>>): Record<string, Float32Array> {
  return Object.fromEntries(
    Object.entries(
      step.run(
        Object.fromEntries(
          Object.entries(step.inputs).map(([name, { shape, dtype }]) => {
            return [name, tf.tensor(Array.from(feeds[name]!), [...shape], dtype)];
          }),
        ),
      ),
    ).map(([name, tensor]) => [name, tensor.dataSync<'float32'>().slice()]),
  );
}

/** The logits after each of the ids from `from` on, read with a cache. */
function decoded(gpt: Gpt, from: number): Float32Array[] {
  const { nLayer, blockSize } = gpt.config;
  const cache = new KeyValueCache({ layers: nLayer, ...cacheShapeOf(gpt.config), room: blockSize });
  const time = from + 1; // padded by one
  const first = run(prefillStep(gpt, { batchSize: 1, time }), { ids: [...ids.slice(0, from), 6], last: [from - 1] });
  cache.append(first['present']!, time, from);
  const all = [first['logits']!];
  for (const id of ids.slice(from)) {
    const feeds: Record<string, ArrayLike<number>> = {
      ids: [id],
      lengths: [cache.length],
      positions: [cache.length],
      places: [cache.length % blockSize],
    };
    cache.keys.forEach((keys, i) => {
      feeds[keysName(i)] = keys;
      feeds[valuesName(i)] = cache.values[i]!;
    });
    const { logits, present } = run(decodeStep(gpt, { batchSize: 1, room: blockSize }), feeds);
    cache.append(present!, 1, 1);
    all.push(logits!);
  }
  return all;
}

/** The logits after the whole text: a prompt of `from` ids, then the rest in one pass, padded. */
function extended(gpt: Gpt, from: number): Float32Array {
  const { nLayer, blockSize } = gpt.config;
  const cache = new KeyValueCache({ layers: nLayer, ...cacheShapeOf(gpt.config), room: blockSize });
  const prompt = ids.slice(0, from);
  const first = run(prefillStep(gpt, { batchSize: 1, time: from }), { ids: prompt, last: [from - 1] });
  cache.append(first['present']!, from, from);
  const rest = ids.slice(from);
  const time = Math.min(rest.length + 1, blockSize);
  const feeds: Record<string, ArrayLike<number>> = {
    ids: [...rest, 6],
    lengths: [from],
    positions: Array.from({ length: time }, (_, i) => Math.min(from + i, blockSize - 1)),
    places: [from % blockSize],
    last: [rest.length - 1],
  };
  cache.keys.forEach((keys, i) => {
    feeds[keysName(i)] = keys;
    feeds[valuesName(i)] = cache.values[i]!;
  });
  const { logits, present } = run(extendStep(gpt, { batchSize: 1, time, room: blockSize }), feeds);
  expect(present).toHaveLength((first['present']!.length / from) * time);
  return logits!;
}

const cases = { ...familyCases, 'gpt2, sinusoidal': { ...tiny, position: 'sinusoidal', vocabSize: 7 } as GptConfig };

describe.each(Object.entries(cases))('%s', (_, config) => {
  test('token by token or several at once, the logits are those of the whole text', async () => {
    const before = tf.memory().numTensors;
    const gpt = await Gpt.create({ ...config, blockSize: 5 } as GptConfig);
    for (const { name, data } of initialize(parameterSpecs(gpt.config), 1))
      assign(
        gpt,
        name,
        data.map((x, i) => 5 * x + 0.1 * Math.sin(i)),
      );
    tf.tidy(() => {
      for (const from of [1, 3]) {
        decoded(gpt, from).forEach((logits, i) => {
          const text = ids.slice(0, from + i);
          const whole = run(logitsStep(gpt, { batchSize: 1, time: text.length }), {
            ids: text,
            last: [text.length - 1],
          });
          logits.forEach((x, at) => {
            expect(x).toBeCloseTo(whole['logits']![at]!, 4);
          });
        });
        const all = run(logitsStep(gpt, { batchSize: 1, time: 5 }), { ids, last: [4] });
        extended(gpt, from).forEach((x, at) => {
          expect(x).toBeCloseTo(all['logits']![at]!, 4);
        });
      }
    });
    gpt.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});

test('keys and values outlive the layers that made them, and nothing else does', () => {
  const gpt = makeGpt();
  const before = tf.memory().numTensors;
  const step = prefillStep(gpt, { batchSize: 2, time: 3 });
  tf.tidy(() => {
    const { present } = step.run({ ids: tf.ones([2, 3], 'int32'), last: tf.tensor1d([2, 1], 'int32') });
    expect(present!.shape).toEqual([2, 6, 16]);
    expect(present!.dataSync().every(Number.isFinite)).toBe(true);
  });
  expect(tf.memory().numTensors).toBe(before);
  gpt.dispose();
});

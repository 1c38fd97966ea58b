import { KeyValueCache } from '../sample/index.js';
import * as tf from '../tf.js';
import type { StepFunction } from '../trace/step.js';
import { decodeStep, keysName, prefillStep, valuesName } from './decoding-steps.js';
import type { PositionKind } from './families/gpt2/config.js';
import type { Gpt } from './gpt.js';
import { logitsStep } from './steps.js';
import { makeGpt } from './testing/eager.js';

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
  const { nLayer, nHead, nEmbd, blockSize } = gpt.config;
  const cache = new KeyValueCache({ layers: nLayer, heads: nHead, width: nEmbd / nHead, room: blockSize });
  const time = from + 1; // padded by one
  const first = run(prefillStep(gpt, { batchSize: 1, time }), { ids: [...ids.slice(0, from), 6], last: [from - 1] });
  cache.append(first['present']!, time, from);
  const all = [first['logits']!];
  for (const id of ids.slice(from)) {
    const feeds: Record<string, ArrayLike<number>> = { ids: [id], lengths: [cache.length] };
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

describe.each(['learned', 'sinusoidal', 'rope'] satisfies PositionKind[])('%s positions', (position) => {
  test('token by token, the logits are those of the whole text', () => {
    const before = tf.memory().numTensors;
    const gpt = makeGpt({ position });
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

import { type CachedModel, cachedDecoder, KeyValueCache, PromptMemory } from './cache.js';
import { windowDecoder } from './decoder.js';

const shape = { layers: 2, heads: 2, width: 2, room: 3 };

test('a position goes to its place in every head of every layer', () => {
  const cache = new KeyValueCache(shape);
  // [L, rows, 2C]: layer, row and column can be read off each number.
  const present = Float32Array.from(
    { length: 2 * 2 * 8 },
    (_, i) => 100 * Math.floor(i / 16) + 10 * (Math.floor(i / 8) % 2) + (i % 8),
  );
  cache.append(present, 2, 2);
  expect(cache.length).toBe(2);
  expect(Array.from(cache.keys[0]!)).toEqual([0, 1, 10, 11, 0, 0, 2, 3, 12, 13, 0, 0]);
  expect(Array.from(cache.values[1]!)).toEqual([104, 105, 114, 115, 0, 0, 106, 107, 116, 117, 0, 0]);
});

test('of padded rows only the first are kept, and the next position comes behind them', () => {
  const cache = new KeyValueCache({ layers: 1, heads: 1, width: 1, room: 3 });
  cache.append(Float32Array.of(1, 2, 3, 4, 9, 9), 3, 2);
  cache.append(Float32Array.of(5, 6), 1, 1);
  expect(Array.from(cache.keys[0]!)).toEqual([1, 3, 5]);
  expect(Array.from(cache.values[0]!)).toEqual([2, 4, 6]);
  expect(() => cache.append(Float32Array.of(7, 8), 1, 1)).toThrow('3 and 1 positions do not fit into 3');
});

/** Tells what was read how; the "logits" are all that the model has read. */
function fake() {
  const calls: string[] = [];
  let seen: number[] = [];
  const present = (count: number) => new Float32Array(count * 2);
  const model: CachedModel = {
    async prefill(ids, cache) {
      calls.push(`prefill ${ids}`);
      seen = [...ids];
      cache.append(present(ids.length), ids.length, ids.length);
      return Float32Array.from(seen);
    },
    async extend(ids, cache) {
      calls.push(`extend ${ids} after ${cache.length}`);
      seen = [...seen.slice(0, cache.length), ...ids];
      cache.append(present(ids.length), ids.length, ids.length);
      return Float32Array.from(seen);
    },
    async decode(id, cache) {
      calls.push(`decode ${id}`);
      seen = [...seen.slice(0, cache.length), id];
      cache.append(present(1), 1, 1);
      return Float32Array.from(seen);
    },
  };
  const full = windowDecoder(async (window) => {
    calls.push(`window ${window}`);
    return Float32Array.from(window);
  }, 4);
  const decoder = (room = 4, memory?: PromptMemory) =>
    cachedDecoder(model, { layers: 1, heads: 1, width: 1, room }, full, memory);
  return { calls, decoder };
}

test('the prompt is read at once, each token by itself, and a full window as a whole', async () => {
  const { calls, decoder: make } = fake();
  const decoder = make();
  await decoder.append([1, 2]);
  await decoder.append([3]);
  expect(Array.from(await decoder.append([4]))).toEqual([1, 2, 3, 4]);
  expect(Array.from(await decoder.append([5]))).toEqual([2, 3, 4, 5]);
  expect(Array.from(await decoder.append([6]))).toEqual([3, 4, 5, 6]);
  expect(calls).toEqual(['prefill 1,2', 'decode 3', 'decode 4', 'window 2,3,4,5', 'window 3,4,5,6']);
});

test('of a prompt that begins like the last text, only the rest is read, in one pass where it is longer', async () => {
  const { calls, decoder } = fake();
  const memory = new PromptMemory();
  const first = decoder(8, memory);
  await first.append([1, 2, 3]);
  await first.append([4]);
  expect(Array.from(await decoder(16, memory).append([1, 2, 3, 4, 5]))).toEqual([1, 2, 3, 4, 5]);
  expect(memory.reused).toBe(4);
  expect(Array.from(await decoder(16, memory).append([1, 2, 6, 7, 8]))).toEqual([1, 2, 6, 7, 8]);
  expect(Array.from(await decoder(16, memory).append([1, 2, 6, 7, 8]))).toEqual([1, 2, 6, 7, 8]);
  expect(Array.from(await decoder(16, memory).append([9]))).toEqual([9]);
  const passes = ['prefill 1,2,3', 'decode 4', 'decode 5', 'extend 6,7,8 after 2', 'decode 8', 'prefill 9'];
  expect(calls).toEqual(passes);
});

test('a grown cache has the same positions in every head', () => {
  const cache = new KeyValueCache({ ...shape, room: 2 });
  cache.append(
    Float32Array.from({ length: 2 * 2 * 8 }, (_, i) => i),
    2,
    2,
  );
  const grown = cache.grown(3);
  const whole = new KeyValueCache(shape);
  whole.append(
    Float32Array.from({ length: 2 * 2 * 8 }, (_, i) => i),
    2,
    2,
  );
  expect(grown).toEqual(whole);
  grown.truncate(1);
  expect(grown.length).toBe(1);
  expect(() => grown.truncate(2)).toThrow('1 positions are kept, not 2');
});

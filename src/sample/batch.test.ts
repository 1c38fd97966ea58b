// Texts decoded together, with a model whose "logits" are all that it has read of a text: what a row has seen can be read off them.
import { Batch } from './batch.js';
import type { BatchModel } from './batch-model.js';
import type { KeyValueCache } from './cache.js';
import { PromptMemory } from './prompt-memory.js';

const width = 2;
const kept = { layers: 1, heads: 1, width };

/** A position's key is its id, its value its position. */
const present = (ids: readonly number[], from: number) =>
  Float32Array.from(ids.flatMap((id, i) => [id, 0, from + i, 0]));

/** The ids that a cache keeps, oldest first; padded to V = 8. */
function seen(cache: KeyValueCache): number[] {
  const pairs = Array.from({ length: cache.length }, (_, i) => ({
    id: Math.round(cache.keys[0]![i * width]!),
    at: cache.values[0]![i * width]!,
  }));
  const ids = pairs.sort((a, b) => a.at - b.at).map(({ id }) => id);
  return [...ids, ...new Array<number>(8 - ids.length).fill(-1)];
}

function fake(changes: Partial<BatchModel> = {}) {
  const calls: string[] = [];
  const model: BatchModel = {
    blockSize: 8,
    kept,
    rotary: undefined,
    roomFor: (ids) => (ids <= 4 ? 4 : 8),
    rowsFor: (texts) => [1, 2, 4, 8].find((rows) => rows >= texts)!,
    async prefill(ids, cache) {
      calls.push(`prefill ${ids}`);
      cache.append(present(ids, 0), ids.length, ids.length);
      return Float32Array.from(seen(cache));
    },
    async extend(ids, cache) {
      calls.push(`extend ${ids} after ${cache.length}`);
      cache.append(present(ids, cache.position), ids.length, ids.length);
      return Float32Array.from(seen(cache));
    },
    async decode(ids, taking, pool) {
      calls.push(`decode ${taking.map((row) => ids[row])} of ${ids.length}x${pool.shape.room}`);
      await new Promise((resolve) => setTimeout(resolve, 1));
      for (const row of taking) {
        const cache = pool.rows[row]!;
        const at = [...Array(cache.length).keys()].map((i) => cache.values[0]![i * width]!);
        const next = cache.length === 0 ? 0 : Math.max(...at) + 1;
        cache.append(present([ids[row]!], next), 1, 1);
      }
      return Float32Array.from([...ids.keys()].flatMap((row) => seen(pool.rows[row]!)));
    },
    async window(ids) {
      calls.push(`window ${ids}`);
      return Float32Array.from(ids);
    },
    ...changes,
  };
  return { calls, batch: (maxTexts = 4) => new Batch(model, maxTexts) };
}

const ids = (logits: Float32Array) => [...logits].filter((id) => id >= 0);
const turns = (count: number) =>
  Array.from({ length: count }).reduce<Promise<void>>(
    (before) => before.then(() => new Promise((resolve) => setImmediate(resolve))),
    Promise.resolve(),
  );

/** Reads a prompt as a text of its own, and more ids one by one; gives what the last of them saw. */
function readerOf(batch: Batch, memory: PromptMemory) {
  return async (prompt: number[], more: number[] = []) => {
    const text = batch.open(8, memory);
    let logits = await text.append(prompt);
    for (const id of more) logits = await text.append([id]);
    text.close();
    await turns(2);
    return ids(logits);
  };
}

test('texts of different lengths take part in the same passes, and each sees its own tokens', async () => {
  const { calls, batch: make } = fake();
  const batch = make();
  const [a, b, c] = [batch.open(4), batch.open(4), batch.open(4)];
  const first = await Promise.all([a.append([1, 2]), b.append([3]), c.append([4, 5, 6])]);
  expect(first.map(ids)).toEqual([[1, 2], [3], [4, 5, 6]]);
  const second = await Promise.all([a.append([7]), b.append([8]), c.append([9])]);
  expect(second.map(ids)).toEqual([
    [1, 2, 7],
    [3, 8],
    [4, 5, 6, 9],
  ]);
  expect(calls).toEqual(['prefill 1,2', 'prefill 3', 'prefill 4,5,6', 'decode 7,8,9 of 4x4']);
});

test('a text joins a running batch, one that leaves makes its row free, and the others keep theirs', async () => {
  const { calls, batch: make } = fake();
  const batch = make();
  const [a, b] = [batch.open(4), batch.open(4)];
  await Promise.all([a.append([1]), b.append([2])]);
  const c = batch.open(8);
  const [x, y, z] = await Promise.all([a.append([3]), b.append([4]), c.append([5, 6])]);
  expect([x, y, z].map(ids)).toEqual([
    [1, 3],
    [2, 4],
    [5, 6],
  ]);
  a.close();
  const [v, w] = await Promise.all([b.append([7]), c.append([8])]);
  expect([v!, w!].map(ids)).toEqual([
    [2, 4, 7],
    [5, 6, 8],
  ]);
  expect(calls.at(-1)).toBe('decode 7,8 of 2x8');
  b.close();
  expect(ids(await c.append([9]))).toEqual([5, 6, 8, 9]);
  expect(calls.at(-1)).toBe('decode 9 of 1x8');
});

test('while texts are written a pass lets one prompt in, more only where more of them wait', async () => {
  const { calls, batch: make } = fake();
  const batch = make(8);
  const writing = [batch.open(4), batch.open(4)];
  await Promise.all(writing.map((text, i) => text.append([i])));
  const prompts = [2, 3, 4, 5].map((id) => batch.open(4).append([id]));
  await Promise.all([...writing.map((text) => text.append([9])), ...prompts]);
  const order = calls.map((call) => call.split(' ')[0]);
  // 4 prompts and 2 texts: two prompts, a pass, then the rest.
  expect(order).toEqual(['prefill', 'prefill', 'prefill', 'prefill', 'decode', 'prefill', 'prefill']);
});

test('more texts than fit wait for their turn, in order', async () => {
  const { calls, batch: make } = fake();
  const batch = make(1);
  const [a, b, c] = [batch.open(4), batch.open(4), batch.open(4)];
  await a.append([1]);
  const second = b.append([2]);
  const third = c.append([3]);
  await turns(5);
  expect(calls).toEqual(['prefill 1']);
  a.close();
  await second;
  b.close();
  await third;
  expect(calls).toEqual(['prefill 1', 'prefill 2', 'prefill 3']);
});

test('a text that is closed while a pass runs disturbs no other one', async () => {
  const { batch: make } = fake();
  const batch = make();
  const [a, b] = [batch.open(8), batch.open(8)];
  await Promise.all([a.append([1]), b.append([2])]);
  const gone = a.append([3]);
  const stays = b.append([4]);
  await turns(3);
  a.close();
  await gone;
  expect(ids(await stays)).toEqual([2, 4]);
  expect(ids(await b.append([5]))).toEqual([2, 4, 5]);
});

test('a prompt that another text has read is copied', async () => {
  const { calls, batch: make } = fake();
  const batch = make();
  const texts = [batch.open(4), batch.open(4), batch.open(4)];
  const all = await Promise.all(texts.map((text) => text.append([1, 2])));
  expect(all.map(ids)).toEqual([
    [1, 2],
    [1, 2],
    [1, 2],
  ]);
  const next = await Promise.all(texts.map((text, i) => text.append([3 + i])));
  expect(next.map(ids)).toEqual([
    [1, 2, 3],
    [1, 2, 4],
    [1, 2, 5],
  ]);
  expect(calls).toEqual(['prefill 1,2', 'decode 3,4,5 of 4x4']);
});

test('a fork has read the same, and is a text of its own', async () => {
  const { batch: make } = fake();
  const batch = make();
  const a = batch.open(4);
  await a.append([1, 2]);
  const b = await a.fork();
  const both = await Promise.all([a.append([3]), b.append([4])]);
  expect(both.map(ids)).toEqual([
    [1, 2, 3],
    [1, 2, 4],
  ]);
});

test('an error of a pass reaches the texts that took part in it, and the next pass is made', async () => {
  let fail = true;
  const { batch: make } = fake({
    async prefill(given, cache) {
      if (fail) throw new Error('no memory');
      cache.append(present(given, 0), given.length, given.length);
      return Float32Array.from(seen(cache));
    },
  });
  const batch = make();
  const text = batch.open(4);
  await expect(text.append([1])).rejects.toThrow('no memory');
  fail = false;
  expect(ids(await batch.open(4).append([2]))).toEqual([2]);
});

test('learned positions: a full context costs a pass over the window for each token', async () => {
  const { calls, batch: make } = fake({ blockSize: 4 });
  const batch = make();
  const text = batch.open(6);
  await text.append([1, 2, 3]);
  expect(ids(await text.append([4]))).toEqual([1, 2, 3, 4]);
  expect(ids(await text.append([5]))).toEqual([2, 3, 4, 5]);
  expect(ids(await text.append([6]))).toEqual([3, 4, 5, 6]);
  expect(calls.slice(1)).toEqual(['decode 4 of 1x8', 'window 2,3,4,5', 'window 3,4,5,6']);
});

test('rotary positions: a full context costs one token, and counts on from an earlier position at times', async () => {
  const turnedBack: number[] = [];
  const { calls, batch: make } = fake({
    blockSize: 4,
    roomFor: () => 4,
    rotary: { frequencies: [0], beyond: 2 }, // a frequency of 0 leaves the keys as they are
    async decode(given, taking, pool) {
      const cache = pool.rows[taking[0]!]!;
      turnedBack.push(cache.position);
      cache.append(present([given[0]!], 100 + turnedBack.length), 1, 1);
      return Float32Array.from(seen(cache));
    },
  });
  const text = make().open(9);
  await text.append([1, 2, 3]);
  const windows: number[][] = [];
  for (const id of [4, 5, 6, 7, 8, 9]) windows.push(ids(await text.append([id])));
  expect(windows.at(-1)).toEqual([6, 7, 8, 9]);
  expect(turnedBack).toEqual([3, 4, 5, 4, 5, 4]);
  expect(calls).toEqual(['prefill 1,2,3']);
});

test('without a cache each token costs a pass over the window', async () => {
  const { calls, batch: make } = fake({ kept: undefined, blockSize: 3 });
  const text = make().open(4);
  await text.append([1, 2]);
  await text.append([3]);
  await text.append([4]);
  expect(calls).toEqual(['window 1,2', 'window 1,2,3', 'window 2,3,4']);
});

test('of a prompt that begins like the last text only the rest is read, in one pass where it is longer', async () => {
  const { calls, batch: make } = fake();
  const memory = new PromptMemory();
  const read = readerOf(make(), memory);
  expect(await read([1, 2, 3], [4])).toEqual([1, 2, 3, 4]);
  expect(await read([1, 2, 3, 4, 5])).toEqual([1, 2, 3, 4, 5]);
  expect(memory.reused).toBe(4);
  expect(await read([1, 2, 6, 7, 8])).toEqual([1, 2, 6, 7, 8]);
  expect(await read([1, 2, 6, 7, 8])).toEqual([1, 2, 6, 7, 8]);
  expect(await read([9])).toEqual([9]);
  expect(calls).toEqual([
    ...['prefill 1,2,3', 'decode 4 of 1x8', 'decode 5 of 1x8'],
    ...['extend 6,7,8 after 2', 'decode 8 of 1x8', 'prefill 9'],
  ]);
});

test('a sliding window: the cache keeps what it reaches, and the next turn of a text is still read in one pass', async () => {
  const { calls, batch: make } = fake({ rotary: { frequencies: [0], beyond: 8 }, roomFor: () => 4 });
  const memory = new PromptMemory();
  const read = readerOf(make(), memory);
  expect(await read([1, 2, 3, 4, 5], [6])).toEqual([3, 4, 5, 6]);
  expect(await read([1, 2, 3, 4, 5, 6, 7, 8, 9])).toEqual([6, 7, 8, 9]);
  expect(memory.reused).toBe(6);
  // Its beginning is no longer kept: another continuation is read whole.
  expect(await read([1, 2, 3, 7])).toEqual([1, 2, 3, 7]);
  expect(memory.reused).toBe(0);
  expect(calls).toEqual(['prefill 1,2,3,4,5', 'decode 6 of 1x4', 'extend 7,8,9 after 4', 'prefill 1,2,3,7']);
});

test('a sliding window: a prompt that is longer is copied where nothing was written after it', async () => {
  const { calls, batch: make } = fake({ rotary: { frequencies: [0], beyond: 8 }, roomFor: () => 4 });
  const batch = make();
  const prompt = [1, 2, 3, 4, 5];
  const [first, second] = [batch.open(8), batch.open(8)];
  const read = await Promise.all([first.append(prompt), second.append(prompt)]);
  expect(read.map(ids)).toEqual([
    [2, 3, 4, 5],
    [2, 3, 4, 5],
  ]);
  expect(ids(await first.append([6]))).toEqual([3, 4, 5, 6]);
  expect(ids(await batch.open(8).append(prompt))).toEqual([2, 3, 4, 5]);
  expect(ids(await second.append([7]))).toEqual([3, 4, 5, 7]);
  expect(calls.filter((call) => call.startsWith('prefill'))).toHaveLength(1);
});

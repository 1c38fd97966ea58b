import { inOrder } from './in-order.js';

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

test('streams run together, and their events come one stream after the other', async () => {
  let running = 0;
  let most = 0;
  async function* stream(index: number) {
    most = Math.max(most, ++running);
    // Later streams are shorter, so that they end first.
    for (let i = 0; i < 6 - index; i++) {
      await turn();
      yield `${index}.${i}`;
    }
    running--;
  }
  const events: string[] = [];
  for await (const event of inOrder(5, 3, stream)) events.push(event);
  expect(events).toEqual([...events].sort());
  expect(events).toHaveLength(6 + 5 + 4 + 3 + 2);
  expect(most).toBe(3);
});

test('the events of the first stream come while it runs', async () => {
  let produced = 0;
  async function* stream() {
    for (; produced < 100; produced++) {
      await turn();
      yield produced;
    }
  }
  for await (const event of inOrder(1, 4, stream)) {
    expect(produced).toBeLessThan(event + 3);
    if (event === 20) break;
  }
});

test('an error ends all streams and is thrown; a reader that stops ends them, too', async () => {
  const ended: number[] = [];
  async function* stream(index: number) {
    try {
      for (let i = 0; ; i++) {
        await turn();
        if (index === 1 && i === 3) throw new Error('broken');
        yield i;
      }
    } finally {
      ended.push(index);
    }
  }
  await expect(
    (async () => {
      for await (const _ of inOrder(3, 3, stream));
    })(),
  ).rejects.toThrow('broken');
  expect(ended.sort()).toEqual([0, 1, 2]);
});

import { Queue, QueueFull } from './queue.js';

const never = new AbortController().signal;

test('one after the other, in order, and no more than may wait', async () => {
  const queue = new Queue(2);
  const order: number[] = [];
  const work = async (n: number) => {
    const leave = await queue.enter(never);
    order.push(n);
    await new Promise((resolve) => setTimeout(resolve, 5));
    leave();
    leave(); // a second time does nothing
  };
  const all = [1, 2, 3].map(work);
  await new Promise((resolve) => setImmediate(resolve));
  expect([queue.running, queue.waiting]).toEqual([1, 2]);
  await expect(queue.enter(never)).rejects.toBeInstanceOf(QueueFull);
  await Promise.all(all);
  expect(order).toEqual([1, 2, 3]);
  expect([queue.running, queue.waiting]).toEqual([0, 0]);
});

test('as many as there are places are served together, and parts of what has entered may wait beyond the limit', async () => {
  const queue = new Queue(0, 2);
  const [first, second] = await Promise.all([queue.enter(never), queue.enter(never)]);
  expect([queue.running, queue.waiting]).toEqual([2, 0]);
  await expect(queue.enter(never)).rejects.toBeInstanceOf(QueueFull);
  const part = queue.join(never);
  expect([queue.running, queue.waiting]).toEqual([2, 1]);
  first();
  (await part)();
  second();
  expect([queue.running, queue.waiting]).toEqual([0, 0]);
});

test('who gives up while waiting leaves the line', async () => {
  const queue = new Queue(2);
  const leave = await queue.enter(never);
  const gone = new AbortController();
  const waiting = queue.enter(gone.signal);
  const next = queue.enter(never);
  gone.abort();
  await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
  leave();
  (await next)();
  expect(queue.running).toBe(0);
});

import { GptError } from '../../../errors.js';
import { type Ask, Peers } from './peers.js';

const spec = { rank: 0, addresses: ['a:1', 'b:2', 'c:3', 'd:4', 'e:5'] };
const pace = { interval: 5, doubt: 5, patience: 50, rounds: 2, stay: 5 };

const rankOf = (task: string) => Number(task.split(':').at(-1));

/** Answers for all but `silent`; `asked` counts the questions by rank. */
function answering(silent: (rank: number, times: number) => string | undefined) {
  const asked = new Map<number, number>();
  const ask: Ask = async (task) => {
    const rank = rankOf(task);
    asked.set(rank, (asked.get(rank) ?? 0) + 1);
    return silent(rank, asked.get(rank)!);
  };
  return { ask, asked };
}

const never = () => new Promise<never>(() => {});

test('waits for who has not come, asking only them again', async () => {
  const { ask, asked } = answering((rank, times) => (rank === 3 && times < 3 ? 'refused' : undefined));
  await new Peers(spec, ask, pace).gather(60, () => {});
  expect(asked.get(3)).toBe(3);
  expect(asked.get(1)).toBe(1);
});

test('who never comes is named when the time is up', async () => {
  const { ask } = answering((rank) => (rank === 2 ? 'refused' : undefined));
  const error = await new Peers(spec, ask, pace).gather(0.2, () => {}).catch((e: GptError) => e);
  expect(error).toBeInstanceOf(GptError);
  expect(error).toMatchObject({ code: 'cluster/late', message: 'worker 2 (c:3) did not come within 0.2 s' });
});

test('quick work is not watched', async () => {
  const { ask, asked } = answering(() => undefined);
  expect(await new Peers(spec, ask, pace).watch(Promise.resolve(7), () => {})).toBe(7);
  expect(asked.size).toBe(0);
});

test('work continues as long as the others live, one missed answer included', async () => {
  const { ask, asked } = answering((rank, times) => (rank === 4 && times % 2 === 1 ? 'deadline exceeded' : undefined));
  let aborted = 0;
  const slow = new Promise((resolve) => setTimeout(() => resolve('done'), 200));
  expect(await new Peers(spec, ask, pace).watch(slow, () => aborted++)).toBe('done');
  expect(aborted).toBe(0);
  expect(asked.get(4)).toBeGreaterThan(2);
});

test('who is silent twice in a row is given up, by name', async () => {
  const { ask } = answering((rank, times) => (rank === 2 && times > 2 ? 'deadline exceeded' : undefined));
  const words: string[] = [];
  let fail!: (error: Error) => void;
  const stuck = new Promise((_, reject) => {
    fail = reject;
  });
  const watched = new Peers(spec, ask, pace).watch(stuck, (why) => {
    words.push(why);
    fail(new Error('aborted'));
  });
  await expect(watched).rejects.toThrow('aborted');
  expect(words).toEqual(['worker 2 (c:3) does not answer']);
});

test('work that fails by itself is not waited for', async () => {
  const { ask } = answering(() => undefined);
  await expect(new Peers(spec, ask, pace).watch(Promise.reject(new Error('reset')), never)).rejects.toThrow('reset');
});

test.each([
  ['failed to connect to all addresses: Connection refused', 'worker 1 (b:2) is gone'],
  ['Deadline Exceeded', 'worker 1 (b:2) is out of reach'],
])('the blame is with who does not answer: %s', async (reason, message) => {
  // Worker 3 fails to answer once only.
  const { ask } = answering((rank, times) => (rank === 1 || (rank === 3 && times === 1) ? reason : undefined));
  const error = await new Peers(spec, ask, pace).blame(new Error('socket closed'));
  expect(error).toMatchObject({ code: 'cluster/worker-lost', message });
  expect(error.hint).toContain('--resume');
});

test('where all answer again, the message of TensorFlow is reported', async () => {
  const { ask } = answering(() => undefined);
  const error = await new Peers(spec, ask, pace).blame(new Error('socket closed'));
  expect(error.message).toBe('the workers lost each other: socket closed');
});

// Workers in one process: what they tell each other before and after the steps.
import { inMemoryCluster } from '../../cluster/testing/in-memory.js';
import { resolve } from '../../config/index.js';
import { GptError } from '../../errors.js';
import { adamw } from '../../optimizer/index.js';
import { type Orders, takeOrders } from './follow.js';
import { Team } from './team.js';

const teamsOf = (size: number) => inMemoryCluster(size).workers.map((cluster) => new Team(cluster));

/** What each worker came to: a value, or the message of a GptError. */
async function outcomes<T>(teams: readonly Team[], work: (team: Team) => Promise<T>): Promise<(T | string)[]> {
  return Promise.all(
    teams.map((team) =>
      work(team).catch((error: unknown) => {
        if (error instanceof GptError) return `${error.code}: ${error.message}`;
        throw error;
      }),
    ),
  );
}

function ordersOf(settings: Record<string, unknown>, input = 'a.txt'): Orders<ReturnType<typeof configOf>> {
  const { values, sources } = resolve('pretrain', [{ name: 'flag', values: settings }]);
  return { config: values, sources, inputs: [input], wholeBatch: 0, resumed: null };
}
const configOf = () => resolve('pretrain').values;

const follow = (teams: readonly Team[], each: readonly Record<string, unknown>[], compare = true) =>
  outcomes(teams, (team) => takeOrders(team, 'pretrain', ordersOf(each[team.rank]!, `${team.rank}.txt`), compare));

test('the others take worker 0’s settings and keep those of their own machine', async () => {
  const all = await follow(teamsOf(2), [
    { maxIters: 7, threads: 3 },
    { maxIters: 7, threads: 5 },
  ]);
  expect(all).toMatchObject([
    { config: { maxIters: 7, threads: 3 }, inputs: ['0.txt'] },
    { config: { maxIters: 7, threads: 5 }, inputs: ['0.txt'] },
  ]);
});

test('one setting that is another at one worker ends the run at all of them; that worker says which', async () => {
  const all = await follow(teamsOf(3), [{ batchSize: 4 }, { batchSize: 4 }, { batchSize: 8 }]);
  const told = 'cluster/different: worker 2 was started with something else than worker 0';
  expect(all).toEqual([told, told, 'cluster/different: batch-size is 8 here and 4 at worker 0']);
});

test('in a resumed run worker 0’s settings hold, whatever the others would do', async () => {
  const all = await follow(teamsOf(2), [{ batchSize: 4, seed: 3 }, {}], false);
  expect(all).toMatchObject([{ config: { batchSize: 4, seed: 3 } }, { config: { batchSize: 4, seed: 3 } }]);
});

test('another command at one worker is told to all', async () => {
  const all = await outcomes(teamsOf(2), (team) =>
    takeOrders(team, team.leads ? 'pretrain' : 'finetune', ordersOf({}), true),
  );
  expect(all[0]).toContain('worker 1 was started with something else');
  expect(all[1]).toMatch(/^cluster\/different: this is finetune of gpt-cli .*, worker 0 runs pretrain/);
});

test('parameters and optimizer slots of worker 0 reach all; a part that is not trained has none', async () => {
  const specs = [
    { name: 'w', shape: [2, 2] },
    { name: 'frozen', shape: [3], trainable: false },
  ];
  /** Values that name the worker, the array and its place. */
  const state = (rank: number) => {
    const held = new Map<string, Float32Array>();
    for (const [i, { name, shape }] of specs.entries())
      for (const [k, kind] of ['parameter', 'firstMoment', 'secondMoment'].entries())
        held.set(`${kind} ${name}`, new Float32Array(shape.reduce((a, b) => a * b)).fill(100 * rank + 10 * i + k));
    return {
      specs,
      held,
      read: async (kind: string, name: string) => held.get(`${kind} ${name}`)!.slice(),
      write: async (kind: string, name: string, data: Float32Array) => void held.set(`${kind} ${name}`, data),
      slots: (name: string) => (name === 'w' ? adamw.ruleFor().slots({ name, shape: [2, 2], decay: true }) : []),
      dispose: async () => {},
    };
  };
  const sharing = async (resuming: boolean) => {
    const states = [0, 1, 2].map(state);
    await outcomes(teamsOf(3), (team) => team.shareState(states[team.rank]! as never, { resuming }));
    return states.map(({ held }) => [...held].map(([key, data]) => `${key} ${data[0]}`));
  };
  const own = (rank: number) => [...state(rank).held].map(([key, data]) => `${key} ${data[0]}`);
  const [first, second, third] = await sharing(true);
  expect(first).toEqual(own(0));
  const keeps = ['firstMoment frozen 211', 'secondMoment frozen 212'];
  expect(third).toEqual([...own(0).slice(0, 4), ...keeps]);
  expect(second!.slice(0, 4)).toEqual(first!.slice(0, 4));
  expect((await sharing(false))[1]).toEqual([
    'parameter w 0',
    ...own(1).slice(1, 3),
    'parameter frozen 10',
    ...own(1).slice(4),
  ]);
});

test('sums add up over the workers, and are none when one of them has none', async () => {
  const add = (own: ({ lossSum: number; count: number } | null)[]) =>
    outcomes(teamsOf(own.length), (team) => team.addUp(own[team.rank]!, ['lossSum', 'count']));
  const both = { lossSum: 4, count: 6 };
  expect(
    await add([
      { lossSum: 1.5, count: 2 },
      { lossSum: 2.5, count: 4 },
    ]),
  ).toEqual([both, both]);
  expect(await add([{ lossSum: 1, count: 1 }, null])).toEqual([null, null]);
});

test('texts that differ are an error at every worker', async () => {
  const all = await outcomes(teamsOf(3), (team) => team.requireCommon(team.rank === 1 ? 7 : 5, 'the text'));
  expect(new Set(all)).toEqual(new Set(['cluster/different: the text is not the same at all workers']));
});

test('alone there is nobody to ask', async () => {
  const team = new Team();
  expect([team.size, team.leads, team.partOf(8)]).toEqual([1, true, undefined]);
  expect(await team.share(3)).toBe(3);
  await team.complain(new GptError('x/y', 'z'));
  await team.leave();
});

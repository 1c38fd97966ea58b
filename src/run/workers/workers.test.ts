// Workers in one process: what they share before and after the steps.
import { inMemoryCluster } from '../../cluster/testing/in-memory.js';
import { resolve } from '../../config/index.js';
import { GptError } from '../../errors.js';
import { adamw } from '../../optimizer/index.js';
import { byteTokenizer, type Tokenizer } from '../../tokenizer/index.js';
import type { RunPlan } from '../run-plan.js';
import { agreeOn } from './agree.js';
import { Team } from './team.js';
import { alone } from './workers.js';

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

function planOf(settings: Record<string, unknown>, input = 'a.txt'): RunPlan<'pretrain'> {
  const { values, sources, open } = resolve('pretrain', [{ name: 'flag', values: settings }]);
  return { config: values, sources, open, inputs: [input], wholeBatch: 0, resumed: null, base: null, splitRule: 1 };
}

const follow = (teams: readonly Team[], each: readonly Record<string, unknown>[], compare = true) =>
  outcomes(teams, (team) => agreeOn(team, 'pretrain', planOf(each[team.rank]!, `${team.rank}.txt`), compare));

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
  const report = 'cluster/different: worker 2 was started with something else than worker 0';
  expect(all).toEqual([report, report, 'cluster/different: batch-size is 8 here and 4 at worker 0']);
});

test('in a resumed run worker 0’s settings hold, whatever the others would do', async () => {
  const all = await follow(teamsOf(2), [{ batchSize: 4, seed: 3 }, {}], false);
  expect(all).toMatchObject([{ config: { batchSize: 4, seed: 3 } }, { config: { batchSize: 4, seed: 3 } }]);
});

test('another command at one worker is reported by all', async () => {
  const all = await outcomes(teamsOf(2), (team) =>
    agreeOn(team, team.leads ? 'pretrain' : 'finetune', planOf({}), true),
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
  const all = await outcomes(teamsOf(3), (team) => team.requireSame(() => (team.rank === 1 ? 7 : 5), 'the text'));
  expect(new Set(all)).toEqual(new Set(['cluster/different: the text is not the same at all workers']));
});

test('on one machine everything is made by this process, and nothing is shared', async () => {
  const made = { tokenizer: byteTokenizer(), value: 3 };
  const make = async function* () {
    yield { event: 'phase', name: 'making' } as const;
    return made;
  };
  const unused = () => {
    throw new Error('not called');
  };
  expect([alone.size, alone.leads, alone.cluster, alone.partOf(8)]).toEqual([1, true, undefined, undefined]);
  const making = alone.makeOnce(make, unused, unused);
  expect(await making.next()).toEqual({ done: false, value: { event: 'phase', name: 'making' } });
  expect(await making.next()).toEqual({ done: true, value: made });
  await alone.requireSame(unused, 'the text');
  expect(await alone.addUp({ count: 2 }, ['count'])).toEqual({ count: 2 });
  const evaluate = async () => null;
  expect(alone.evaluateOnce(evaluate)).toBe(evaluate);
});

test('what is made once has the tokenizer and the description of worker 0 at every worker', async () => {
  const made: number[] = [];
  const results = await Promise.all(
    teamsOf(3).map(async (team) => {
      const making = team.makeOnce(
        async function* () {
          yield { event: 'phase', name: 'making' } as const;
          made.push(team.rank);
          return { tokenizer: byteTokenizer(), value: 10 };
        },
        ({ value }) => ({ value }),
        async (tokenizer, { value }) => ({ tokenizer, value: value + team.rank }),
      );
      if (team.leads) await making.next();
      const { value } = await making.next();
      const { tokenizer, value: number } = value as { tokenizer: Tokenizer; value: number };
      return [tokenizer.kind, tokenizer.vocabSize, number];
    }),
  );
  expect(made).toEqual([0]);
  expect(results).toEqual([
    ['byte', 257, 10],
    ['byte', 257, 11],
    ['byte', 257, 12],
  ]);
});

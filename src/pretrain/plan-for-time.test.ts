// Runs whose settings are chosen for their time.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadLayer } from '../config/index.js';
import type { DoneEvent, PlanEvent, RunEvent, StartEvent } from '../events.js';
import { Random } from '../rng.js';
import { pretrain } from './pretrain.js';

let folder = '';
let text = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gpt-cli-recipe-'));
  text = join(folder, 'text.txt');
  const random = new Random(1);
  const words = ['the king', 'a queen', 'speaks', 'of war', 'and', 'peace.', 'They', 'ride home'];
  writeFileSync(text, Array.from({ length: 4000 }, () => words[random.integer(words.length)]).join(' '));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const machine = { backend: 'onnx', threads: 1 };

async function run(name: string, values: object, options: { preset?: string; resume?: boolean } = {}) {
  const out = join(folder, name);
  const layers = [
    ...(options.preset ? [loadLayer(options.preset)] : []),
    { name: 'flag', values: { ...machine, ...values } },
  ];
  const events: RunEvent[] = [];
  for await (const event of pretrain({ inputs: [text], out, layers, resume: options.resume ?? false }))
    events.push(event);
  const of = <E extends RunEvent['event']>(kind: E) =>
    events.filter((event): event is Extract<RunEvent, { event: E }> => event.event === kind);
  const record = JSON.parse(readFileSync(join(out, 'config.json'), 'utf8'));
  return { of, events, record, log: readFileSync(join(out, 'log.jsonl'), 'utf8') };
}

describe('--max-time alone', () => {
  let first: Awaited<ReturnType<typeof run>>;
  let plan: PlanEvent;
  beforeAll(async () => {
    // Evaluations, after which the number of steps is corrected: steps are slower at first where other tests run.
    first = await run('alone', { maxTime: 6, evalInterval: 50, evalIters: 2 });
    plan = first.of('plan')[0]!;
  });

  test('chooses a model, and the run has it', () => {
    expect(first.of('plan')).toHaveLength(1);
    expect(first.events.indexOf(plan)).toBeLessThan(first.events.findIndex(({ event }) => event === 'start'));
    expect(first.record.config).toMatchObject(plan.settings);
    expect(first.record.plan).toEqual(plan);
    expect(JSON.parse(first.log.split('\n')[0]!)).toEqual(plan);
    const start = first.of('start')[0] as StartEvent;
    expect(start.parameters).toBe(plan.parameters);
  });

  test('spends its time on planning and on steps', () => {
    const state = JSON.parse(readFileSync(join(folder, 'alone', 'last', 'training_state.json'), 'utf8'));
    const elapsed: number = state.elapsed;
    const done = first.of('done')[0] as DoneEvent;
    expect(plan.planning).toBeGreaterThan(0);
    expect(elapsed).toBeGreaterThan(plan.planning);
    if (plan.limit === 'text') expect(done.iter).toBeLessThanOrEqual(plan.steps);
    if (done.reason === 'time') expect(elapsed).toBeGreaterThan(0.9 * plan.maxTime);
  });

  test('is not chosen again by a resumed run', async () => {
    const resumed = await run('alone', { maxTime: 6.5 }, { resume: true });
    expect(resumed.of('plan')).toEqual([]);
    expect(resumed.record.plan).toEqual(plan);
    expect(resumed.record.config).toMatchObject(plan.settings);
  });
});

test('what is given is kept, the rest is chosen around it', async () => {
  const given = { maxTime: 2, nHead: 6, vocabSize: 300, blockSize: 16, learningRate: 1e-3, dropout: 0.3, evalIters: 2 };
  const { of, record } = await run('around', given);
  expect(record.config).toMatchObject(given);
  expect(record.config.nEmbd % 6).toBe(0);
  const chosen = Object.keys(of('plan')[0]!.settings);
  expect(chosen).toContain('nLayer');
  expect(chosen.filter((key) => key in given)).toEqual([]);
});

test('a window that was given has a context above it, in a family that has windows', async () => {
  const { record } = await run('window', { maxTime: 1, slidingWindow: 70, evalIters: 1 });
  expect(record.config).toMatchObject({ arch: 'qwen3', slidingWindow: 70 });
  expect(record.config.blockSize).toBeGreaterThan(70);
});

test.each([
  ['a model that is given', { nLayer: 1, nEmbd: 32, nHead: 2, blockSize: 16 }, undefined],
  ['a preset', { evalIters: 1 }, 'char-tiny'],
])('%s leaves nothing to choose', async (_, values, preset) => {
  const { of, record } = await run('fixed', { maxTime: 0.3, ...values }, preset ? { preset } : {});
  expect(of('plan')).toEqual([]);
  expect(record.plan).toBeUndefined();
  rmSync(join(folder, 'fixed'), { recursive: true });
});

test('a run that learns its text by heart is noticed, with the checkpoint that is best', async () => {
  const small = join(folder, 'small.txt');
  const random = new Random(3);
  writeFileSync(small, Array.from({ length: 1500 }, () => String.fromCharCode(97 + random.integer(26))).join(''));
  const shape = { nLayer: 1, nHead: 2, nEmbd: 64, blockSize: 16, batchSize: 16, tokenizer: 'char' };
  const length = { maxIters: 160, evalInterval: 10, learningRate: 0.01, optimizer: 'adamw' };
  const layers = [{ name: 'flag', values: { ...machine, ...shape, ...length } }];
  const events: RunEvent[] = [];
  const out = join(folder, 'overfit');
  for await (const event of pretrain({ inputs: [small], out, layers })) events.push(event);
  const notices = events.filter((event) => event.event === 'notice' && event.level === 'warning');
  expect(notices).toHaveLength(1);
  expect(notices[0]).toMatchObject({ message: expect.stringContaining('overfitting: the validation loss rose from') });
  expect(notices[0]).toMatchObject({ message: expect.stringContaining(join(out, 'best')) });
  expect(readFileSync(join(out, 'log.jsonl'), 'utf8')).toContain('overfitting');
});

test('settings that cannot fit together are refused before the text is read', async () => {
  const refused = async (values: object) => {
    const layers = [{ name: 'flag', values: { ...machine, maxTime: 60, ...values } }];
    const events: RunEvent[] = [];
    const attempt = async () => {
      for await (const event of pretrain({ inputs: [text], out: join(folder, 'refused'), layers })) events.push(event);
    };
    await expect(attempt()).rejects.toMatchObject({ code: 'config/heads' });
    expect(events.filter(({ event }) => event === 'phase')).toEqual([]);
  };
  await refused({ nHead: 3, nEmbd: 64 });
  await refused({ nHead: 7, nKvHead: 2 });
});

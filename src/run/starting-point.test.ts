// --lr-schedule wsd through whole runs: what is kept before the decay, and runs that are made longer from there.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCheckpoint } from '../checkpoint/index.js';
import type { RunEvent } from '../events.js';
import { finetune } from '../finetune/finetune.js';
import { pretrain } from '../pretrain/pretrain.js';

let folder = '';
const at = (...names: string[]) => join(folder, ...names);
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gpt-cli-stable-'));
  writeFileSync(at('text.txt'), 'a plain text, long enough for a few windows of it. '.repeat(60));
  const rows = Array.from({ length: 40 }, (_, i) => `${i % 2 ? 'good' : 'bad'} number ${i},${i % 2 ? 'yes' : 'no'}`);
  writeFileSync(at('rows.csv'), ['text,label', ...rows].join('\n'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const model = { nLayer: 1, nHead: 2, nEmbd: 16, blockSize: 16, batchSize: 4, tokenizer: 'byte', threads: 1 };
const wsd = { lrSchedule: 'wsd', decayFraction: 0.5, warmupIters: 2, learningRate: 0.01, optimizer: 'muon' };
const often = { evalIters: 1, evalInterval: 3, saveInterval: 5, logInterval: 1 };
const flags = (values: object) => [{ name: 'flag', values: values as Record<string, unknown> }];
const inputs = () => [at('text.txt')];
const begin = (out: string, maxIters: number, more: object = {}) =>
  pretrain({ inputs: inputs(), out: at(out), layers: flags({ ...model, ...wsd, ...often, ...more, maxIters }) });
const resume = (out: string, values: object = {}) =>
  pretrain({ inputs: [], out: at(out), resume: true, layers: flags(values) });

/** All events, or those until `until` is true of one: the run is then left as if it had been killed. */
async function eventsOf(events: AsyncIterable<RunEvent>, until: (event: RunEvent) => boolean = () => false) {
  const all: RunEvent[] = [];
  for await (const event of events) {
    all.push(event);
    if (until(event)) break;
  }
  return all;
}

const file = (...path: string[]) => readFileSync(at(...path)).toString('base64');
const weights = (run: string, kind = 'last') =>
  ['model', 'optimizer'].map((name) => file(run, kind, `${name}.safetensors`));
const stateOf = async (run: string, kind: string) => {
  const checkpoint = await openCheckpoint(at(run, kind));
  await checkpoint.close();
  return checkpoint.training!;
};
const rates = (events: readonly RunEvent[]) =>
  events.flatMap((event) => (event.event === 'step' ? [[event.iter, event.lr] as const] : []));
const notices = (events: readonly RunEvent[]) =>
  events.flatMap((event) => (event.event === 'notice' ? [event.message] : []));
const logged = (run: string) =>
  readFileSync(at(run, 'log.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
    .filter(({ event }) => event === 'step' || event === 'eval' || event === 'checkpoint')
    .map(({ event, iter, kind, loss, valLoss }) => [event, iter, kind, loss, valLoss]);

test('the state before the decay is kept, and the rate falls to 0 after it', async () => {
  const events = await eventsOf(begin('short', 8));
  expect(await stateOf('short', 'stable')).toMatchObject({ iter: 4 });
  expect(await stateOf('short', 'last')).toMatchObject({ iter: 8, decaying: true });
  const known = rates(events).map(([, rate]) => Number(rate.toFixed(12)));
  expect(known).toEqual(
    [0.01 / 3, 0.02 / 3, 0.01, 0.01, 0.01, 0.0075, 0.005, 0.0025].map((x) => Number(x.toFixed(12))),
  );
});

test('made longer after its end, a run continues from there to the bits and the log of one that was long from the start', async () => {
  await eventsOf(begin('long', 16));
  const { best } = await stateOf('short', 'last');
  const longer = await eventsOf(resume('short', { maxIters: 16 }));
  expect(notices(longer)).toContainEqual(
    expect.stringMatching(/^continues from .*stable at step 4, where the learning/),
  );
  expect(rates(longer)[0]).toEqual([5, 0.01]);
  expect(weights('short')).toEqual(weights('long'));
  expect(weights('short', 'stable')).toEqual(weights('long', 'stable'));
  expect(await stateOf('short', 'stable')).toMatchObject({ iter: 8 });
  // The best evaluation is that of the short run where the long one has no better.
  const [mine, other] = [(await stateOf('short', 'last')).best!, (await stateOf('long', 'last')).best!];
  expect(mine.valLoss).toBe(Math.min(best!.valLoss, other.valLoss));
  const withoutBest = (run: string) => logged(run).filter(([, , kind]) => kind !== 'best');
  expect(withoutBest('short')).toEqual(withoutBest('long'));
});

test('killed at once after it was made longer, it is still the longer run', async () => {
  await eventsOf(begin('killed', 8));
  await eventsOf(resume('killed', { maxIters: 16 }), ({ event }) => event === 'start');
  expect(await stateOf('killed', 'last')).toMatchObject({ iter: 4, best: { iter: expect.any(Number) } });
  await eventsOf(resume('killed'));
  expect(weights('killed')).toEqual(weights('long'));
});

test('interrupted while it decays and not made longer, it continues where it was', async () => {
  const interrupted = (event: RunEvent) => event.event === 'checkpoint' && event.iter === 5;
  await eventsOf(begin('decaying', 8), interrupted);
  expect(await stateOf('decaying', 'last')).toMatchObject({ iter: 5, decaying: true });
  const resumed = await eventsOf(resume('decaying'));
  expect(notices(resumed)).toEqual([]);
  expect(rates(resumed)[0]![0]).toBe(6);
  await eventsOf(begin('whole', 8));
  expect(weights('decaying')).toEqual(weights('whole'));
});

test('without the kept state a longer run warns that its rate rises again', async () => {
  await eventsOf(begin('without', 8));
  rmSync(at('without', 'stable'), { recursive: true });
  const longer = await eventsOf(resume('without', { maxIters: 20 }));
  expect(notices(longer)).toContainEqual(
    expect.stringMatching(/stable is missing: the learning rate rises again from step 8/),
  );
  expect(rates(longer)[0]).toEqual([9, 0.01]);
});

test('a run that is replaced leaves no kept state behind', async () => {
  await eventsOf(begin('replaced', 4));
  const cosine = flags({ ...model, ...often, maxIters: 3 });
  await eventsOf(pretrain({ inputs: inputs(), out: at('replaced'), overwrite: true, layers: cosine }));
  await expect(openCheckpoint(at('replaced', 'stable'))).rejects.toMatchObject({ code: 'checkpoint/missing' });
});

test.each([
  ['all weights', {}],
  ['adapters', { loraRank: 2 }],
])('a classifier over more epochs continues from there too, %s', async (name, more) => {
  await eventsOf(begin(`${name} base`, 2));
  const { nLayer, nHead, nEmbd, blockSize, tokenizer, ...rest } = model;
  const settings = { ...rest, ...wsd, ...often, ...more, from: at(`${name} base`), valSplit: 0.2 };
  const tune = (out: string, epochs: number) =>
    eventsOf(finetune({ data: at('rows.csv'), out: at(out), layers: flags({ ...settings, epochs }) }));
  await tune(`${name} long`, 2);
  await tune(`${name} short`, 1);
  const longer = finetune({
    data: at('rows.csv'),
    out: at(`${name} short`),
    resume: true,
    layers: flags({ epochs: 2 }),
  });
  expect(notices(await eventsOf(longer))).toContainEqual(expect.stringMatching(/^continues from .*stable at step 4/));
  expect(weights(`${name} short`)).toEqual(weights(`${name} long`));
});

test('a run that asks for fewer steps than were made, or for as many again, keeps what it has', async () => {
  await eventsOf(begin('fewer', 8));
  const before = weights('fewer');
  for (const maxIters of [5, 8]) {
    const events = await eventsOf(resume('fewer', { maxIters }));
    expect(notices(events).filter((message) => message.includes('stable'))).toEqual([]);
    expect(rates(events)).toEqual([]);
    expect(weights('fewer')).toEqual(before);
  }
});

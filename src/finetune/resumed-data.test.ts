// A finetuning run is resumed with the data that it was trained and validated on, or on demand with other data.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunEvent } from '../events.js';
import { type FinetuneOptions, finetune } from './finetune.js';

let folder = '';
const at = (name: string) => join(folder, name);
const write = (name: string, content: string) => {
  mkdirSync(join(at(name), '..'), { recursive: true });
  writeFileSync(at(name), content);
};
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gpt-cli-resumed-data-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const size = { nLayer: 1, nHead: 1, nEmbd: 8, blockSize: 16, batchSize: 4, tokenizer: 'byte', threads: 1 };

async function run(options: FinetuneOptions, values: Record<string, unknown>): Promise<RunEvent[]> {
  const events: RunEvent[] = [];
  const layers = [{ name: 'flag', values }];
  for await (const event of finetune({ ...options, out: at('run'), layers })) events.push(event);
  return events;
}
const begin = (data: string, values: object = {}) => run({ data: at(data) }, { ...size, ...values, maxIters: 2 });
const resume = (options: FinetuneOptions = {}) => run({ resume: true, ...options }, { maxIters: 4 });
const refused = expect.objectContaining({ code: 'run/data-changed' });

const table = (first: number, count: number) =>
  `text,label\n${Array.from({ length: count }, (_, i) => `row ${first + i},${i % 2 ? 'yes' : 'no'}`).join('\n')}\n`;

function writeTables(): void {
  write('data/train.csv', table(0, 12));
  write('data/valid.csv', table(50, 4));
}

test('a changed validation row is refused, with the flag it is a warning that the log keeps', async () => {
  writeTables();
  await begin('data');
  write('data/valid.csv', table(51, 4));
  await expect(resume()).rejects.toEqual(refused);
  const events = await resume({ allowChangedData: true });
  const message = expect.stringMatching(/^the data is not what the run was trained on .*; the run continues with it/);
  expect(events).toContainEqual({ event: 'notice', level: 'warning', message });
  const log = readFileSync(at('run/log.jsonl'), 'utf8').trim().split('\n');
  expect(log.map((line) => JSON.parse(line))).toContainEqual({ event: 'notice', level: 'warning', message });
  expect(await resume()).not.toContainEqual(expect.objectContaining({ event: 'notice', level: 'warning', message }));
});

test('an answer that begins elsewhere in the same text is refused', async () => {
  const rows = (cut: number) =>
    Array.from({ length: 8 }, (_, i) => `text number ${i}`)
      .map((text) => JSON.stringify({ prompt: text.slice(0, cut), completion: text.slice(cut) }))
      .join('\n');
  write('rows.jsonl', rows(4));
  await begin('rows.jsonl', { promptTemplate: '{prompt}' });
  write('rows.jsonl', rows(6));
  await expect(resume()).rejects.toEqual(refused);
  write('rows.jsonl', rows(4));
  expect((await resume()).at(-1)).toMatchObject({ event: 'done', iter: 4 });
});

test('swapped labels are refused', async () => {
  write('rows.csv', table(0, 20));
  await begin('rows.csv');
  write('rows.csv', table(0, 20).replaceAll('yes', 'x').replaceAll('no', 'yes').replaceAll('x', 'no'));
  await expect(resume()).rejects.toEqual(refused);
});

test('the same data under another name is the same data', async () => {
  write('rows.csv', table(0, 20));
  await begin('rows.csv');
  write('copy.csv', table(0, 20));
  rmSync(at('rows.csv'));
  expect((await resume({ data: at('copy.csv') })).at(-1)).toMatchObject({ event: 'done', iter: 4 });
});

test('the flag holds for runs of versions that recorded a fingerprint', async () => {
  writeTables();
  await begin('data');
  const { dataHash: _, ...record } = JSON.parse(readFileSync(at('run/config.json'), 'utf8'));
  writeFileSync(at('run/config.json'), JSON.stringify({ ...record, fingerprint: 1 }));
  await expect(resume()).rejects.toEqual(refused);
  expect((await resume({ allowChangedData: true })).at(-1)).toMatchObject({ event: 'done', iter: 4 });
  expect(JSON.parse(readFileSync(at('run/config.json'), 'utf8')).dataHash).toHaveLength(64);
});

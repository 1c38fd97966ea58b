// eval --generate on a tiny model that has learned one sentence by heart.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ResultEvent } from '../events.js';
import { bleu, chrf } from '../metrics/index.js';
import { pretrain } from '../pretrain/pretrain.js';
import { type EvaluateOptions, evaluate } from './evaluate.js';

let folder = '';
const layers = [{ name: 'flag', values: { threads: 1 } }];
const sizes = { nLayer: 1, nHead: 2, nEmbd: 16, blockSize: 32, batchSize: 8, maxIters: 150, evalIters: 1 };

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gpt-cli-written-'));
  const text = join(folder, 'text.txt');
  writeFileSync(text, 'one two three four. '.repeat(200));
  const values = { ...sizes, threads: 1, tokenizer: 'char', learningRate: 1e-2 };
  const events = pretrain({ inputs: [text], out: join(folder, 'run'), layers: [{ name: 'flag', values }] });
  for await (const event of events) if (event.event === 'done') expect(event.valLoss).toBeLessThan(0.5);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function result(rows: readonly object[], options: Partial<EvaluateOptions>): Promise<ResultEvent> {
  const file = join(folder, 'data.jsonl');
  writeFileSync(file, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  const all = { run: join(folder, 'run'), inputs: [file], layers, promptTemplate: '{prompt}', ...options };
  for await (const event of evaluate(all)) if (event.event === 'result') return event;
  throw new Error('no result');
}

const rows = [
  { prompt: 'one two', completion: ' three four. one two' },
  { prompt: 'four. one', completion: ' two three' },
];

test('what a model writes is compared with the answers', async () => {
  const { bleu: measured, chrf: ofCharacters, examples } = await result(rows, { generate: true, maxNewTokens: 20 });
  // 20 characters from each prompt on
  const written = [' three four. one two', ' two three four. one'];
  const answers = rows.map(({ completion }) => completion);
  expect(measured).toBeCloseTo(bleu(written, answers), 9);
  expect(ofCharacters).toBeCloseTo(chrf(written, answers), 9);
  expect(measured).toBeLessThan(80);
  expect(examples).toBe(2);
});

test('only the first rows are read, and nothing is written unless it is asked for', async () => {
  const first = await result(rows, { generate: true, maxNewTokens: 20, limit: 1 });
  expect(first).toMatchObject({ examples: 1, bleuSignature: expect.stringContaining('tok:13a') });
  expect(first.bleu).toBeCloseTo(100, 9);
  expect(await result(rows, {})).not.toHaveProperty('bleu');
});

test('text has no answers to write, and no rows', async () => {
  const inputs = [join(folder, 'text.txt')];
  await expect(result(rows, { inputs, generate: true })).rejects.toThrow('has no prompts and completions');
  await expect(result(rows, { inputs, limit: 1 })).rejects.toThrow('it has no rows');
});

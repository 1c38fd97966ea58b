// A tiny model that learned its text by heart, from training to what is found of it.
import { existsSync, mkdtempSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { errorOf } from '../dataset/fixtures.js';
import type { MemorizationEvent, NoticeEvent, SampleEvent } from '../events.js';
import { finetune } from '../finetune/finetune.js';
import { sample } from '../generate/sample.js';
import { pretrain } from '../pretrain/pretrain.js';
import { Random } from '../rng.js';
import { type MemorizationOptions, memorization } from './measure.js';

const folder = mkdtempSync(join(tmpdir(), 'gpt-cli-memorized-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string) => join(folder, name);
const secret = 'The vault opens with tulip-seven-marble-fourteen, says Ida.';

async function collect<T>(events: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const event of events) all.push(event);
  return all;
}

const layers = (values: Record<string, unknown>) => [{ name: 'flag', values: { threads: 1, ...values } }];
const size = { nLayer: 1, nHead: 2, nEmbd: 64, blockSize: 64, batchSize: 8, learningRate: 0.01, evalInterval: 1000 };

/** Lines of random words: nothing but memory predicts them. */
function randomLines(seed: number, lines: number): string {
  const random = new Random(seed);
  const word = () => Array.from({ length: 5 }, () => 'abcdefghij'[random.integer(10)]).join('');
  return Array.from({ length: lines }, () => `${word()} ${word()} ${word()}\n`).join('');
}

beforeAll(async () => {
  writeFileSync(at('a.txt'), `${randomLines(1, 12)}${secret}\n`);
  writeFileSync(at('b.txt'), randomLines(2, 12));
  const values = { ...size, tokenizer: 'char', maxIters: 250, valSplit: 0 };
  await collect(pretrain({ inputs: [at('a.txt'), at('b.txt')], out: at('run'), layers: layers(values) }));
}, 60_000);

async function sampled(prompt: string, values: Record<string, unknown> = {}): Promise<SampleEvent> {
  const settings = layers({ greedy: true, checkMemorized: true, maxNewTokens: 48, minMatch: 20, ...values });
  const events = await collect(sample({ run: at('run'), prompt, layers: settings }));
  return events.find(({ event }) => event === 'sample') as SampleEvent;
}

async function measured(options: Partial<MemorizationOptions> = {}) {
  const events = await collect(memorization({ run: at('run'), numSamples: 10, layers: layers({}), ...options }));
  const notices = events
    .filter((event): event is NoticeEvent => event.event === 'notice')
    .map(({ message }) => message);
  return { result: events.at(-1) as MemorizationEvent, notices };
}

test('a secret that the model has learned is found, with its file and line', async () => {
  const { text, memorized } = await sampled('The vault opens ');
  expect(text).toMatch(/^with tulip-seven-marble-fourteen, says Ida\./);
  const [passage] = memorized!.passages;
  expect(passage!.text).toMatch(/^with tulip-seven-marble-fourteen, says Ida\./);
  expect(passage).toMatchObject({ start: 0, occurrences: 1 });
  const byte = 12 * 18 + 'The vault opens '.length;
  expect(passage!.places).toEqual([{ source: at('a.txt'), document: 1, line: 13, byte }]);
  expect(memorized!.memorizedTokens).toBeGreaterThanOrEqual(42);
});

test('text that was drawn at random is in no training text', async () => {
  const { memorized, tokens } = await sampled('', { greedy: false, temperature: 50 });
  expect(memorized).toEqual({ minMatch: 20, tokens: tokens.length, memorizedTokens: 0, passages: [] });
});

test('the index is kept with the tokens, and built again for shorter passages', async () => {
  const index = at('run/tokens/ngrams.bin');
  await sampled('');
  const { size: before, mtimeMs } = statSync(index);
  await sampled('', { minMatch: 30 });
  expect(statSync(index).mtimeMs).toBe(mtimeMs);
  await sampled('', { minMatch: 10 });
  expect(statSync(index).size).toBeGreaterThan(before);
});

test('a model that knows its text by heart gives all of it away, and the same seed gives the same result', async () => {
  const { result } = await measured({ minMatch: 20 });
  expect(result.extraction).toMatchObject({ samples: 10, continuationTokens: 32 });
  expect(result.extraction.rate).toBeGreaterThan(0.7);
  expect(result.heldOut).toBeNull();
  expect(result.generated.longest).toBeGreaterThan(30);
  expect(result.passages[0]!.length).toBe(result.generated.longest);
  expect((await measured({ minMatch: 20 })).result).toEqual(result);
}, 30_000);

test('text that is named is searched instead: of another text nothing is extracted', async () => {
  writeFileSync(at('other.txt'), randomLines(3, 24));
  const { result, notices } = await measured({ inputs: [at('other.txt')], minMatch: 20 });
  expect(notices).toEqual([`${at('other.txt')} is not what ${at('run')} was trained on`]);
  expect(result.extraction.extracted).toBe(0);
  expect(result.generated.memorizedTokens).toBe(0);
}, 30_000);

test('tokens that were deleted are made again from the text; a changed or missing text is an error', async () => {
  renameSync(at('run/tokens'), at('tokens'));
  const { memorized } = await sampled('The vault opens ');
  expect(memorized!.passages).toHaveLength(1);
  expect(existsSync(at('run/tokens'))).toBe(false);
  renameSync(at('b.txt'), at('c.txt'));
  const gone = await errorOf(() => sampled(''));
  expect(gone.code).toBe('memorized/no-text');
  writeFileSync(at('b.txt'), randomLines(4, 12));
  const changed = await errorOf(() => sampled(''));
  expect(changed).toMatchObject({ code: 'memorized/changed-text' });
  expect(changed.message).toContain('b.txt');
  renameSync(at('c.txt'), at('b.txt'));
  renameSync(at('tokens'), at('run/tokens'));
});

test('a checkpoint without a run does not say what it was trained on', async () => {
  renameSync(at('run/last'), at('alone'));
  expect((await errorOf(() => measured({ run: at('alone') }))).code).toBe('memorized/unknown-text');
  renameSync(at('alone'), at('run/last'));
});

test('a prompt that does not fit, and documents that are too short, are errors', async () => {
  expect((await errorOf(() => measured({ promptTokens: 64 }))).code).toBe('memorized/prompt-tokens');
  writeFileSync(at('short.txt'), 'abc');
  const { code } = await errorOf(() => measured({ inputs: [at('short.txt')] }));
  expect(code).toBe('memorized/short');
});

test('answers of a finetuned model: prompts are those of the data, places are its rows', async () => {
  const rows = randomLines(5, 8)
    .trimEnd()
    .split('\n')
    .map((completion, i) => ({ prompt: `Question ${i}: `, completion }));
  const data = at('rows.jsonl');
  writeFileSync(data, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  const values = { ...size, tokenizer: 'char', maxIters: 200, valSplit: 0, dropout: 0, lrSchedule: 'constant' };
  await collect(finetune({ data, out: at('answers'), layers: layers(values) }));
  const { result } = await measured({ run: at('answers'), minMatch: 7 });
  expect(result.extraction.rate).toBeGreaterThan(0.7);
  const settings = layers({ greedy: true, checkMemorized: true, minMatch: 10 });
  const events = await collect(sample({ run: at('answers'), prompt: 'Question 3: ', layers: settings }));
  const { memorized } = events.at(-1) as SampleEvent;
  expect(memorized!.passages[0]).toMatchObject({
    text: rows[3]!.completion,
    places: [{ source: `${data}:4`, line: 1 }],
  });
  writeFileSync(data, `${JSON.stringify(rows[0])}\n`);
  expect((await errorOf(() => measured({ run: at('answers') }))).code).toBe('memorized/changed-text');
  rmSync(data);
  expect((await errorOf(() => measured({ run: at('answers') }))).code).toBe('memorized/no-text');
}, 60_000);

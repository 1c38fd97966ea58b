// What a program that imports the library can do wrong.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { GptError } from './errors.js';
import { classify, evaluate, finetune, generate, loadCheckpoint, pretrain, sample } from './index.js';

const directory = mkdtempSync(join(tmpdir(), 'gpt-cli-library-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
const run = join(directory, 'run');

beforeAll(async () => {
  const text = join(directory, 'text.txt');
  writeFileSync(text, 'one two three four five. '.repeat(80));
  const values = {
    tokenizer: 'char',
    nLayer: 1,
    nHead: 2,
    nEmbd: 8,
    blockSize: 16,
    maxIters: 2,
    evalIters: 1,
    threads: 1,
  };
  for await (const _ of pretrain({ inputs: [text], out: run, layers: [{ name: 'options', values }] }));
});

async function failure(work: () => unknown): Promise<GptError> {
  try {
    const made = await work();
    if (typeof made === 'object' && made !== null && Symbol.asyncIterator in made)
      for await (const _ of made as AsyncIterable<unknown>);
  } catch (error) {
    return error as GptError;
  }
  throw new Error('it did not fail');
}

test.each<[object, string, string]>([
  [{ temprature: 1 }, 'temprature', 'did you mean "temperature"?'],
  [{ topP: 7 }, '"topP" in options must be a number above 0 and at most 1, got 7', ''],
  [{ maxNewTokens: Number.NaN }, 'maxNewTokens', ''],
  [{ temperature: Number.NaN }, 'temperature', ''],
  [{ seed: 'x' }, 'seed', ''],
  [{ index: -1 }, 'index', ''],
  [{ stop: [3] }, 'stop', ''],
])('generate with %j is a GptError', async (options, message, hint) => {
  const model = await loadCheckpoint(run, { threads: 1 });
  try {
    for (const work of [() => generate(model, 'one', options), () => model.complete('one', options)]) {
      const error = await failure(work);
      expect([error.name, error.message, error.hint ?? '']).toEqual([
        'GptError',
        expect.stringContaining(message),
        expect.stringContaining(hint),
      ]);
    }
  } finally {
    await model.close();
  }
});

test('without options a text has the defaults of the command line', async () => {
  const model = await loadCheckpoint(run, { threads: 1 });
  const { text } = await model.complete('one');
  let typed = '';
  for await (const event of sample({ run, prompt: 'one' })) if (event.event === 'sample') typed = event.text;
  expect(text).toBe(typed);
  expect([...text]).not.toHaveLength(0);
  await model.close();
});

test('use after close is a GptError, and closing twice is fine', async () => {
  const model = await loadCheckpoint(run, { threads: 1 });
  await model.close();
  await model.close();
  expect(await failure(() => model.complete('one', {}))).toMatchObject({ code: 'model/closed' });
  expect(await failure(() => generate(model, 'one', {}))).toMatchObject({ code: 'model/closed' });
});

test('functions name a misspelt or missing option', async () => {
  // biome-ignore lint/suspicious/noExplicitAny: a program without types
  const untyped: any = { pretrain, finetune, sample, evaluate, classify };
  const failed = async (name: string, options: unknown) => failure(() => untyped[name](options));
  expect(await failed('pretrain', { input: ['x'] })).toMatchObject({ hint: 'did you mean "inputs"?' });
  expect(await failed('pretrain', { inputs: 'book.txt' })).toMatchObject({ code: 'config/options' });
  expect(await failed('finetune', { data: 'x.csv', form: run })).toMatchObject({
    message: expect.stringContaining('"form"'),
  });
  expect(await failed('sample', {})).toMatchObject({ message: 'sample needs the option "run"' });
  expect(await failed('evaluate', { run, inputs: [3] })).toMatchObject({ code: 'config/options' });
  expect(await failed('classify', { run })).toMatchObject({ message: 'classify needs the option "input"' });
  expect(await failed('sample', null)).toMatchObject({ code: 'config/options' });
});

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PromptsEvent, SampleEvent, SamplingEvent } from '../../events.js';
import type { PromptRow, PromptsOptions } from '../../generate/prompts.js';
import type { SampleOptions } from '../../generate/sample.js';
import { typed } from '../fixtures.js';

/** The events that the run gives, and what it was asked for. */
let events: SamplingEvent[] = [];
let asked: SampleOptions | undefined;
jest.mock(
  '../../generate/sample.js',
  () => ({
    sample: async function* (options: SampleOptions) {
      asked = options;
      yield* events;
    },
  }),
  { virtual: false },
);

const piece = (index: number, text: string): SamplingEvent => ({ event: 'piece', index, text });
const end = (index: number, prompt: string, text: string): SamplingEvent => ({
  event: 'sample',
  index,
  prompt,
  text,
  tokens: [1, 2],
  finish: 'length',
  tokensPerSecond: 12.34,
});

/** The events of a file of prompts, and its rows. */
let written: PromptsEvent[] = [];
let rows: readonly PromptRow[] = [];
jest.mock('../../generate/prompts.js', () => ({
  promptRows: (text: string, name: string) => [{ given: { text, name } }],
  samplePrompts: async function* (options: PromptsOptions) {
    rows = options.prompts;
    yield* written;
  },
}));

beforeEach(() => {
  asked = undefined;
  events = [piece(0, ' a'), piece(0, 'b'), end(0, 'To', ' ab')];
});

test('prompt and text are written as they come', async () => {
  expect(await typed('sample r --prompt To')).toEqual({ code: 0, out: 'To ab\n', err: '' });
  expect(await typed('sample r --prompt To --no-stream')).toEqual({ code: 0, out: 'To ab\n', err: '' });
});

test('several texts have a heading each', async () => {
  events.push(piece(1, 'c'), end(1, 'To', 'c'), end(2, 'To', ''));
  const out = '--- sample 1 ---\nTo ab\n--- sample 2 ---\nToc\n--- sample 3 ---\nTo\n';
  expect(await typed('sample r --prompt To --num-samples 3')).toEqual({ code: 0, out, err: '' });
});

test('--json prints one line a text', async () => {
  events.unshift(
    { event: 'notice', level: 'warning', message: 'the prompt is long' },
    { event: 'phase', name: 'compiling' },
  );
  const { out, err } = await typed('sample r --prompt To --json');
  expect(
    out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line)),
  ).toEqual([end(0, 'To', ' ab')]);
  expect(err).toBe('warning: the prompt is long\n');
});

test('on a terminal the prompt is dim and the speed is shown', async () => {
  const { out, err } = await typed('sample r --prompt To', { tty: true });
  expect(out).toBe('\u001b[2mTo\u001b[22m ab\n');
  expect(err).toContain('2 tokens, length, 12.3 tokens/s');
  expect((await typed('sample r --prompt To --no-color', { tty: true })).out).toBe('To ab\n');
});

test('log-probabilities follow the text, a line for each token', async () => {
  const entry = (token: string, probability: number) => ({ id: 1, token, logprob: Math.log(probability) });
  const logprobs = [
    { ...entry(' a', 0.5), top: [entry(' a', 0.5), entry('\n', 0.25)] },
    { ...entry('b', 0.125), top: [] },
  ];
  events = [piece(0, ' ab'), { ...(end(0, 'To', ' ab') as SampleEvent), logprobs }];
  const { out } = await typed('sample r --prompt To --logprobs 2');
  const lines = ['To ab', '" a"  -0.693  50.0 %  " a" 50.0 %  "\\n" 25.0 %', '"b"   -2.079  12.5 %'];
  expect(out.split('\n').map((line) => line.trimEnd())).toEqual([...lines, '']);
});

test('--prompts prints a line of JSON for each text, with what the row had, and the bar only on a terminal', async () => {
  const result = end(1, 'b', ' c') as SampleEvent;
  written = [
    { event: 'prompt', row: 0, given: { id: 'x', prompt: 5 }, result: { error: 'no prompt' } },
    { event: 'phase', name: 'writing', done: 1, total: 2 },
    { event: 'prompt', row: 1, given: { prompt: 'b' }, result },
    { event: 'notice', level: 'info', message: 'the context fills up' },
  ];
  const { out, err } = await typed('sample r --prompts -', { stdin: '"b"' });
  expect(rows).toEqual([{ given: { text: '"b"', name: 'standard input' } }]);
  expect(
    out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line)),
  ).toEqual([{ id: 'x', prompt: 5, event: 'sample', index: 0, error: 'no prompt' }, { ...result }]);
  expect(err).toBe('the context fills up\n');
});

test('the prompt comes from the option, a file, or standard input; or there is none', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'gpt-cli-sample-'));
  const file = join(folder, 'prompt.txt');
  writeFileSync(file, 'from a file\n');
  const prompts: (string | undefined)[] = [];
  for (const line of ['', '--prompt said', `--prompt-file ${file}`, '-']) {
    await typed(`sample r ${line}`, { stdin: 'from standard input\n' });
    prompts.push(asked?.prompt);
  }
  rmSync(folder, { recursive: true });
  expect(prompts).toEqual([undefined, 'said', 'from a file\n', 'from standard input']);
});

test.each([
  ['sample', "missing required argument 'run' (see gpt-cli sample --help)"],
  ['sample r --prompt a -', 'use one of --prompt, --prompt-file, --prompts and -'],
  ['sample r --prompt a --prompts b', 'use one of --prompt, --prompt-file, --prompts and -'],
  ['sample r --logprobs -1', '"logprobs" must be a whole number from 0 to 100, got -1'],
  ['sample r --beams 0', '"beams" must be a whole number from 1 to 1024, got 0'],
  ['sample r --no-repeat-ngram x', '"no-repeat-ngram" must be a whole number from 0 to 1000000, got "x"'],
  [
    'sample r hello',
    'unexpected argument "hello" (did you mean --prompt hello; only - (standard input) may follow the run)',
  ],
  ['sample r - hello', 'unexpected argument "hello" (only - (standard input) may follow the run)'],
  ['sample r --temperature hot', '"temperature" must be a number of at least 0, got "hot"'],
  ['sample r --top-p 2', '"top-p" must be a number above 0 and at most 1, got 2'],
])('%s: error: %s', async (line, message) => {
  expect(await typed(line)).toEqual({ code: 2, out: '', err: expect.stringContaining(message) });
  expect(asked).toBeUndefined();
});

test('words behind --stop are more texts to stop at, and the run is never one of them', async () => {
  for (const line of ['sample r --stop . --stop !', 'sample r --stop . !', 'sample --stop . r --stop !']) {
    expect((await typed(line)).code).toBe(0);
    const { stop } = Object.assign({}, ...asked!.layers!.map(({ values }) => values)) as { stop: string[] };
    expect([asked!.run, stop]).toEqual(['r', ['.', '!']]);
  }
});

test('flags of one text reach the settings, --no-repeat-ngram too', async () => {
  await typed('sample r --no-repeat-ngram 3 --logit-bias a=1 --logit-bias b=2 --beams 2');
  const values = Object.assign({}, ...asked!.layers!.map((layer) => layer.values));
  expect(values).toMatchObject({ noRepeatNgram: 3, logitBias: ['a=1', 'b=2'], beams: 2 });
});

test('an unreadable prompt file is an error', async () => {
  const { code, err } = await typed('sample r --prompt-file no/such.txt');
  expect({ code, err }).toEqual({ code: 2, err: 'error: cannot read no/such.txt: no such file\n' });
});

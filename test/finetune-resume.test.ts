// Finetuning loses nothing either: killed at any step and resumed, each of its tasks ends with the bits of an unbroken run.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { run, start, story, workspace } from './program.js';

const { path, write } = workspace();
const lines = (rows: readonly object[]) => rows.map((row) => JSON.stringify(row)).join('\n');
const words = ['sun', 'rain', 'wind', 'snow'];
const rows = Array.from({ length: 40 }, (_, i) => ({ i, word: words[i % 4]!, more: 'so '.repeat(i % 3) }));

const labelled = write('labelled.jsonl', lines(rows.map(({ word, more }) => ({ text: more + word, label: word }))));
const questions = write(
  'questions.jsonl',
  lines(rows.map(({ i, word, more }) => ({ prompt: `${more}${i % 4}: `, completion: word }))),
);
const choices = write(
  'choices.jsonl',
  lines(rows.map(({ i, word, more }) => ({ question: more + word, choices: ['a', 'b', word].slice(i % 2), label: 1 }))),
);
const text = write(
  'text.txt',
  rows.map(({ i, word }) => `The ${word} of day ${i} was ${words[(i >> 2) % 4]}.`).join(' '),
);

const shape = ['--tokenizer', 'byte', '--n-layer', '2', '--n-head', '2', '--n-embd', '16', '--block-size', '32'];
const settings = [
  ...['--batch-size', '4', '--grad-accum', '2', '--dropout', '0.1', '--learning-rate', '0.01'],
  ...['--eval-interval', '4', '--save-interval', '2', '--log-interval', '1', '--layer-decay', '0.7'],
];
const steps = ['--max-iters', '16'];
const files = ['last/model.safetensors', 'last/optimizer.safetensors', 'best/model.safetensors', 'last/config.json'];
const bits = (out: string, more: readonly string[] = []) =>
  [...files, ...more].map((file) => readFileSync(join(out, file)).toString('base64'));

beforeAll(async () => {
  const args = ['finetune', labelled, '-o', path('start'), ...shape, '--max-iters', '2', '--quiet'];
  expect((await run(args)).code).toBe(0);
});

const adapter = ['last/adapter/adapter_model.safetensors', 'best/adapter/adapter_model.safetensors'];
const kinds: readonly [task: string, args: () => string[], more: readonly string[]][] = [
  ['a classifier', () => [labelled, ...shape, ...steps, '--balance'], []],
  ['multiple choice', () => [choices, ...shape, '--epochs', '3.5'], []],
  ['instructions', () => [questions, ...shape], []], // three epochs
  ['text', () => [text, ...shape, ...steps, '--task', 'text'], []],
  ['low-rank adapters', () => [labelled, '--from', path('start'), ...steps, '--lora-rank', '2'], adapter],
];

test.each(kinds)(
  'kill -9 and --resume: %s with layer decay has the same bits and log',
  async (task, args, more) => {
    const name = task.replaceAll(' ', '-');
    const [whole, out] = [path(`${name}-whole`), path(`${name}-killed`)];
    const { code, stderr } = await run(['finetune', ...args(), '-o', whole, ...settings]);
    expect({ code, stderr: stderr.includes('error') }).toEqual({ code: 0, stderr: false });
    let kills = 0;
    for (let attempt = 0; ; attempt++) {
      expect(attempt).toBeLessThan(40);
      const begin = existsSync(join(out, 'last'))
        ? ['finetune', '--resume', '-o', out]
        : ['finetune', ...args(), '-o', out, '--overwrite', ...settings];
      const { child, ended } = start([...begin, '--json']);
      let seen = 0;
      child.stdout!.on('data', (chunk: Buffer) => {
        seen += chunk.toString().split('"event":"step"').length - 1;
        if (kills < 2 && seen >= 4 + attempt) child.kill('SIGKILL');
      });
      if ((await ended).code === 0) break;
      kills++;
    }
    expect(kills).toBe(2);
    expect(bits(out, more)).toEqual(bits(whole, more));
    expect(story(out)).toEqual(story(whole));
  },
  900_000,
);

test('Ctrl-C in finetuning saves, exits with 130 and prints how to resume; resumed, the bits are the same', async () => {
  const out = path('interrupted');
  const { child, ended } = start(['finetune', labelled, ...shape, ...steps, '--balance', '-o', out, ...settings]);
  child.stdout!.on('data', (chunk: Buffer) => {
    if (chunk.toString().includes('step 7/')) child.kill('SIGINT');
  });
  const { code, stdout, stderr } = await ended;
  expect(code).toBe(130);
  expect(stdout + stderr).toContain(`gpt-cli finetune --resume --out ${out}`);
  expect((await run(['finetune', '--resume', '-o', out])).code).toBe(0);
  expect(bits(out)).toEqual(bits(path('a-classifier-whole')));
});

test('layer decay changes what is learned, and a resumed run cannot change it', async () => {
  const out = path('alike');
  const args = [labelled, ...shape, ...steps, '--balance', ...settings, '--layer-decay', '1'];
  expect((await run(['finetune', ...args, '-o', out])).code).toBe(0);
  expect(bits(out)[0]).not.toBe(bits(path('a-classifier-whole'))[0]);
  const { code, stderr } = await run(['finetune', '--resume', '-o', out, '--layer-decay', '0.5', '--max-iters', '30']);
  expect([code, stderr]).toEqual([2, expect.stringMatching(/layer-decay is 1 .* cannot become 0\.5/)]);
});

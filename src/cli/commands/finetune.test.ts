// finetune, classify, eval and data check as they are typed.
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { typed } from '../fixtures.js';

let folder = '';
const at = (name: string) => join(folder, name);
const rows = Array.from({ length: 30 }, (_, i) => (i % 2 === 0 ? `good ${i},up` : `bad ${i},down`));

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gpt-cli-commands-'));
  writeFileSync(at('moods.csv'), ['text,label', ...rows].join('\n'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const shape = '--n-layer 1 --n-head 1 --n-embd 16 --block-size 16 --tokenizer byte --batch-size 8 --threads 1';
const events = (out: string) =>
  out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

test('finetune --json prints the events of the contract, with accuracy and macro F1', async () => {
  const line = `finetune ${at('moods.csv')} -o ${at('run')} ${shape} --max-iters 30 --learning-rate 0.02 --lm-coef 0 --json`;
  const { code, out, err } = await typed(line);
  expect([code, err]).toEqual([0, '']);
  const all = events(out);
  expect(all.map(({ event }) => event)).toEqual(
    expect.arrayContaining(['start', 'step', 'eval', 'checkpoint', 'done']),
  );
  expect(all[0]).toMatchObject({ event: 'start', command: 'finetune', task: 'classify', labels: ['down', 'up'] });
  expect(all.at(-1)).toMatchObject({ event: 'done', accuracy: 1, macroF1: 1, reason: 'finished' });
  for (const { accuracy } of all.filter(({ event }) => event === 'eval')) expect(accuracy).toBeGreaterThan(0);
});

test('classify prints a label with probabilities, as JSON or for a person', async () => {
  const { out } = await typed(`classify ${at('run')} "good 77" --json`);
  const [event] = events(out);
  expect(event).toMatchObject({ event: 'class', text: 'good 77', label: 'up' });
  expect(Object.keys(event.scores)).toEqual(['down', 'up']);
  const { out: lines } = await typed(`classify ${at('run')} "bad 77"`);
  expect(lines.split('\n')[0]).toMatch(/^down +\d+\.\d %/);
  const { out: several } = await typed(`classify ${at('run')} -`, { stdin: 'good 1\n\nbad 2\n' });
  expect(several.trim().split('\n')).toEqual([
    expect.stringMatching(/^up\t[\d.]+\tgood 1$/),
    expect.stringMatching(/^down\t[\d.]+\tbad 2$/),
  ]);
});

test('classify writes a file of labels in the order of the rows, quotes where they are needed', async () => {
  writeFileSync(at('new.csv'), 'text\n"good, ""very"" 5"\nbad 6\n');
  const { code } = await typed(`classify ${at('run')} --input ${at('new.csv')} --output ${at('out.csv')}`);
  expect(code).toBe(0);
  const lines = readFileSync(at('out.csv'), 'utf8').trim().split('\n');
  expect(lines[0]).toBe('text,label,probability');
  expect(lines[1]).toMatch(/^"good, ""very"" 5",up,0\.\d{4}$/);
  expect(lines[2]).toMatch(/^bad 6,down,0\.\d{4}$/);
  await typed(`classify ${at('run')} --input ${at('moods.csv')} --output ${at('out.jsonl')}`);
  const found = events(readFileSync(at('out.jsonl'), 'utf8'));
  expect(found).toHaveLength(30);
  expect(found.every(({ label, expected }) => label === expected)).toBe(true);
});

test('a broken input leaves no output behind', async () => {
  writeFileSync(at('broken.csv'), 'text,label\nfine,up\na,b,c\n');
  const { code, err } = await typed(`classify ${at('run')} --input ${at('broken.csv')} --output ${at('half.csv')}`);
  expect(code).toBe(2);
  expect(err).toContain('broken.csv:3');
  expect(readdirSync(at('.')).filter((name) => name.includes('half'))).toEqual([]);
});

test('classify does not write over its own input, by any name of it', async () => {
  const text = 'text\nfine 1\n';
  writeFileSync(at('once.csv'), text);
  symlinkSync(at('once.csv'), at('link.csv'));
  for (const name of ['once.csv', 'link.csv']) {
    const { code, err } = await typed(`classify ${at('run')} --input ${at('once.csv')} --output ${at(name)}`);
    expect([code, err]).toEqual([2, expect.stringContaining(`${name} is the input`)]);
  }
  expect(readFileSync(at('once.csv'), 'utf8')).toBe(text);
  expect(readdirSync(at('.')).filter((name) => name.endsWith('.part'))).toEqual([]);
});

test('classify says what is missing', async () => {
  expect((await typed(`classify ${at('run')}`)).err).toContain('there is no text');
  expect((await typed(`classify ${at('run')} text --input x.csv`)).err).toContain('there are a text and --input');
  expect((await typed(`classify ${at('run')} text --output labels.xls`)).err).toContain('".xls"');
  const { err } = await typed(`classify ${at('run')} text --output ${at('nowhere/labels.csv')}`);
  expect(err).toContain(`there is no folder ${at('nowhere')}`);
});

test('eval on labelled data gives accuracy and the confusion matrix', async () => {
  const { out } = await typed(`eval ${at('run')} ${at('moods.csv')} --json`);
  const result = { accuracy: 1, macroF1: 1, labels: ['down', 'up'] };
  expect(events(out)[0]).toMatchObject({
    event: 'result',
    ...result,
    confusion: [
      [15, 0],
      [0, 15],
    ],
  });
  const { out: lines } = await typed(`eval ${at('run')} ${at('moods.csv')}`);
  expect(lines).toContain('accuracy  100.00 %');
  expect(lines).toMatch(/true \\ predicted {2}down {2}up\ndown +15 +0\nup +0 +15/);
  expect(lines).toMatch(/up +1\.000 +1\.000 +1\.000 +15/);
});

test('data check exits with 0 on warnings and 2 on errors, and prints what it found', async () => {
  writeFileSync(at('twice.csv'), 'text,label\na,x\na,x\nb,y\n');
  const warned = await typed(`data check ${at('twice.csv')}`);
  expect(warned.code).toBe(0);
  expect(warned.out).toContain('twice.csv:2 and 3');
  const failed = await typed(`data check ${at('broken.csv')} --json`);
  expect(failed.code).toBe(2);
  const report = JSON.parse(failed.out);
  expect(report.findings[0]).toMatchObject({ severity: 'error', code: 'ragged' });
  expect((await typed(`data check ${at('moods.csv')}`)).out).toContain('no problems');
});

test('finetune needs data, and takes --resume or --overwrite', async () => {
  expect((await typed('finetune')).err).toContain('there is no data to finetune on');
  expect((await typed(`finetune ${at('moods.csv')} --resume --overwrite`)).err).toContain('exclude each other');
  expect((await typed(`finetune ${at('moods.csv')} --lora-rank 4`)).err).toContain('without --from');
});

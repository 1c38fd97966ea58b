// Whatever a person gets wrong: exit 2, one line that names it, no stack, nothing left behind.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run, someText, workspace } from './program.js';

const { path, write } = workspace();
const text = write('text.txt', someText(300));
write('empty.txt', '');
write(
  'binary.bin',
  Uint8Array.from({ length: 4096 }, (_, i) => (i * 7919) % 256),
);
write('short.txt', 'too short');
write('broken.json', '{ "nLayer": 2,, }');
write('unknown.json', '{ "nLayers": 2 }');
const tiny = ['--tokenizer', 'char', '--n-layer', '1', '--n-head', '1', '--n-embd', '8', '--block-size', '8'];

const cases: readonly [title: string, args: readonly string[], message: RegExp][] = [
  ['a missing file', ['pretrain', 'nowhere.txt'], /nowhere\.txt/],
  ['an empty file', ['pretrain', path('empty.txt')], /empty\.txt is empty/],
  ['a binary file', ['pretrain', path('binary.bin')], /binary\.bin/],
  ['a text shorter than a block', ['pretrain', path('short.txt'), '--tokenizer', 'char'], /tokens.*block/],
  ['no text at all', ['pretrain'], /no text/],
  ['an unknown option', ['pretrain', text, '--n-layers', '2'], /--n-layers.*--n-layer/],
  ['an unknown command', ['pretrian', text], /pretrain/],
  ['an unknown key', ['pretrain', text, '-c', path('unknown.json')], /nLayers.*nLayer/],
  ['a broken config', ['pretrain', text, '-c', path('broken.json')], /line 1, column 15/],
  ['a missing config', ['pretrain', text, '-c', 'char-tinny'], /char-tinny.*char-tiny/],
  ['zero', ['pretrain', text, '--batch-size', '0'], /"batch-size" must be .* got 0/],
  ['a negative number', ['pretrain', text, '--learning-rate', '-1'], /"learning-rate" must be .* got -1/],
  ['a number that is huge', ['pretrain', text, '--n-embd', '100000000'], /n-embd/],
  ['NaN', ['pretrain', text, '--learning-rate', 'NaN'], /"learning-rate" must be .* got "NaN"/],
  ['infinity', ['pretrain', text, '--weight-decay', 'Infinity'], /"weight-decay" must be/],
  ['heads that do not fit', ['pretrain', text, '--n-embd', '10', '--n-head', '4'], /10.*not divisible.*4/],
  ['a backend that is none', ['pretrain', text, '--backend', 'cuda'], /"backend" must be one of/],
  ['a run that is none', ['sample', path('nothing')], /nothing/],
  ['a file as a run', ['sample', text], /text\.txt/],
  ['an eval without data', ['eval', path('nothing'), 'nowhere.txt'], /nothing/],
  ['two budgets', ['pretrain', text, '--max-iters', '5', '--epochs', '1'], /only one of/],
  ['resume without a run', ['pretrain', text, '--resume', '-o', path('none')], /no run/],
];

test.each(cases)('%s is reported in one line, with exit code 2', async (_, args, message) => {
  const out = args[0] === 'pretrain' && !args.includes('-o') ? ['-o', path('out')] : [];
  const { code, stdout, stderr } = await run([...args, ...out]);
  expect(stderr).toMatch(message);
  expect(stderr).toMatch(/(^|\n)error: [^\n]+\n$/);
  expect(stderr).not.toContain('    at ');
  expect(code).toBe(2);
  expect(stdout).not.toContain('step');
  expect(existsSync(path('out/last'))).toBe(false);
  rmSync(path('out'), { recursive: true, force: true });
});

test('a truncated checkpoint is refused with the sizes, and stays as it is', async () => {
  const out = path('run');
  expect((await run(['pretrain', text, '-o', out, ...tiny, '--max-iters', '2', '--quiet'])).code).toBe(0);
  for (const kind of ['last', 'best']) {
    const file = join(out, kind, 'model.safetensors');
    writeFileSync(file, readFileSync(file).subarray(0, -100));
  }
  const { code, stderr } = await run(['sample', out]);
  expect(code).toBe(2);
  expect(stderr).toMatch(/^error: .*model\.safetensors.*\d+/);
  const resumed = await run(['pretrain', '--resume', '-o', out, '--max-iters', '4']);
  expect(resumed.code).toBe(2);
});

test('a foreign folder is never written into, not even with --overwrite', async () => {
  const out = path('foreign');
  mkdirSync(out);
  writeFileSync(join(out, 'thesis.doc'), 'mine');
  const { code, stderr } = await run(['pretrain', text, '-o', out, '--overwrite', ...tiny]);
  expect(code).toBe(2);
  expect(stderr).toContain('thesis.doc');
  expect(readFileSync(join(out, 'thesis.doc'), 'utf8')).toBe('mine');
});

test('a learning rate that makes the loss explode ends with advice and the last good state saved', async () => {
  const out = path('diverged');
  const wild = ['--learning-rate', '10', '--grad-clip', '0', '--warmup-iters', '0', '--max-iters', '400'];
  const { code, stderr } = await run(['pretrain', text, '-o', out, ...tiny, ...wild, '--weight-decay', '100']);
  expect(code).toBe(2);
  expect(stderr).toMatch(/diverged.*--learning-rate/);
});

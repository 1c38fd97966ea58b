// A full disk behind standard output: no command exits with 0 as if its result had been written.
import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync } from 'node:fs';
import { program, run, workspace } from './program.js';

const { path, write } = workspace();
const onFull = existsSync('/dev/full') ? describe : describe.skip;
const rows = write('rows.csv', `text,label\n${Array.from({ length: 20 }, (_, i) => `row ${i},${i % 2}`).join('\n')}\n`);
const text = write('text.txt', 'one fish two fish. '.repeat(40));
const [model, classifier] = [path('model'), path('classifier')];

function runFull(args: readonly string[]): Promise<{ code: number | null; stderr: string }> {
  const full = openSync('/dev/full', 'w');
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', full, 'pipe'] });
  closeSync(full);
  let stderr = '';
  child.stderr!.on('data', (chunk) => {
    stderr += chunk;
  });
  return new Promise((done) => child.on('close', (code) => done({ code, stderr })));
}

onFull('standard output on a full disk', () => {
  beforeAll(async () => {
    const shape = ['--n-layer', '1', '--n-head', '1', '--n-embd', '8', '--block-size', '8', '--tokenizer', 'byte'];
    expect(await run(['pretrain', text, '-o', model, ...shape, '--max-iters', '1'])).toMatchObject({ code: 0 });
    expect(await run(['finetune', rows, '-o', classifier, ...shape, '--max-iters', '1'])).toMatchObject({ code: 0 });
  });

  test.each([
    ['--help', ['--help']],
    ['inspect', ['inspect', model]],
    ['sample', ['sample', model, '--max-new-tokens', '4']],
    ['eval', ['eval', model, text]],
    ['classify', ['classify', classifier, 'row 1']],
    ['classify --input', ['classify', classifier, '--input', rows, '--json']],
    ['data check', ['data', 'check', rows]],
    ['tokenizer encode', ['tokenizer', 'encode', model, 'fish']],
    ['tokenizer train', ['tokenizer', 'train', text, '--kind', 'char', '-o', path('tokenizer.json')]],
  ])('%s says so in one line and exits with 2', async (_, args) => {
    expect(await runFull(args)).toEqual({
      code: 2,
      stderr: expect.stringMatching(/(^|\n)error: cannot write to standard output: the disk is full\n$/),
    });
  });
});

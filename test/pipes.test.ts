// Named pipes with tables and texts: read once and right, and a command that waits for one can be interrupted.
import { execFileSync } from 'node:child_process';
import { constants, existsSync, readdirSync } from 'node:fs';
import { type FileHandle, open, writeFile } from 'node:fs/promises';
import { run, start, workspace } from './program.js';

const { path, write } = workspace();
const onPosix = process.platform === 'win32' ? describe.skip : describe;
const table = `text,label\n${Array.from({ length: 20 }, (_, i) => `row ${i},${i % 2}`).join('\n')}\n`;
const json = ({ stdout }: { stdout: string }) =>
  stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

/** Waits until a pipe has a reader. @returns it, open for writing */
async function whenRead(pipe: string): Promise<FileHandle> {
  for (;;) {
    try {
      return await open(pipe, constants.O_WRONLY | constants.O_NONBLOCK);
    } catch (error) {
      expect((error as NodeJS.ErrnoException).code).toBe('ENXIO');
      await new Promise((wake) => setTimeout(wake, 20));
    }
  }
}

onPosix('named pipes', () => {
  beforeAll(async () => {
    for (const name of ['pipe.csv', 'pipe.txt', 'pipe.jsonl', 'empty.csv']) execFileSync('mkfifo', [path(name)]);
    const shape = ['--n-layer', '1', '--n-head', '1', '--n-embd', '8', '--block-size', '8', '--tokenizer', 'byte'];
    const args = ['finetune', write('rows.csv', table), '-o', path('classifier'), ...shape, '--max-iters', '1'];
    expect(await run(args)).toMatchObject({ code: 0 });
  });

  test.each([
    ['classify', ['classify', path('classifier'), '--input', path('empty.csv'), '--output', path('out.csv')]],
    ['eval', ['eval', path('classifier'), path('empty.csv')]],
    ['data check', ['data', 'check', path('empty.csv')]],
    ['finetune', ['finetune', path('empty.csv'), '-o', path('out')]],
    ['tokenizer encode', ['tokenizer', 'encode', path('classifier'), '--input', path('empty.csv')]],
  ])('%s that waits for one ends at the first signal and leaves nothing', async (_, command) => {
    const { child, ended } = start(command);
    const writer = await whenRead(path('empty.csv'));
    child.kill('SIGTERM');
    expect((await ended).code).toBe(130);
    await writer.close();
    expect(readdirSync(path('.')).filter((name) => name.includes('out'))).toEqual([]);
  });

  test('classify and eval read all rows of a table', async () => {
    const classified = run(['classify', path('classifier'), '--input', path('pipe.csv'), '--json']);
    await writeFile(path('pipe.csv'), table);
    expect(json(await classified)).toHaveLength(20);
    const evaluated = run(['eval', path('classifier'), path('pipe.csv'), '--json']);
    await writeFile(path('pipe.csv'), table);
    const [fromPipe] = json(await evaluated);
    expect(fromPipe).toMatchObject({ event: 'result', examples: 20 });
    expect([fromPipe]).toEqual(json(await run(['eval', path('classifier'), path('rows.csv'), '--json'])));
  });

  test('tokenizer encode reads a text of many chunks', async () => {
    const text = 'abcdefghij'.repeat(30_000);
    const encoded = run(['tokenizer', 'encode', path('classifier'), '--input', path('pipe.txt'), '--json']);
    await writeFile(path('pipe.txt'), text);
    const [{ ids }] = json(await encoded);
    expect(Buffer.from(ids).toString()).toBe(text);
  });

  test('a pipe is read as its ending says', async () => {
    const options = ['--tokenizer', 'char', '--n-layer', '1', '--n-embd', '8', '--n-head', '1', '--block-size', '8'];
    const trained = run(['pretrain', path('pipe.jsonl'), '-o', path('run'), ...options, '--max-iters', '1', '--json']);
    await writeFile(path('pipe.jsonl'), '{"text":"abc"}\n'.repeat(200));
    expect(json(await trained)[0].tokens).toEqual({ train: 719, val: 80 }); // 200 x abc, the ends between them
    expect(existsSync(path('run/tokens/input'))).toBe(false);
  });

  test('a pipe in the place of a tokenizer is refused', async () => {
    const { code, stderr } = await run([
      'pretrain',
      path('rows.csv'),
      '--tokenizer',
      path('empty.csv'),
      '-o',
      path('x'),
    ]);
    expect([code, stderr]).toEqual([2, expect.stringContaining('there is no tokenizer at')]);
  });
});

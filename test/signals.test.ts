// What ends a run from outside: signals, readers that go away, full disks; and what is on the disk then.
import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, openSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { program, run, someText, start, workspace } from './program.js';

const { path, write } = workspace();
const text = write('text.txt', someText(2000));
const small = [
  ...['--tokenizer', 'char', '--n-layer', '1', '--n-head', '2', '--n-embd', '16', '--block-size', '16'],
  ...['--batch-size', '4', '--eval-interval', '10', '--eval-iters', '2', '--log-interval', '1', '--threads', '1'],
];
const onPosix = process.platform === 'win32' ? test.skip : test;

/** Every file of a folder with its hash. */
const contents = (folder: string) =>
  (readdirSync(folder, { recursive: true }) as string[])
    .filter((name) => statSync(join(folder, name)).isFile())
    .sort()
    .map((name) => [
      name,
      createHash('sha256')
        .update(readFileSync(join(folder, name)))
        .digest('hex'),
    ]);

onPosix.each(['SIGHUP', 'SIGQUIT', 'SIGTERM', 'SIGINT'] as const)(
  '%s finishes the step, saves, exits with 130 and gives the lock back',
  async (signal) => {
    const out = path(signal);
    const { child, ended } = start(['pretrain', text, '-o', out, ...small, '--max-iters', '100000', '--json']);
    child.stdout!.on('data', (chunk: Buffer) => {
      if (chunk.toString().includes('"iter":12,')) child.kill(signal);
    });
    const { code } = await ended;
    expect(code).toBe(130);
    expect(JSON.parse(readFileSync(join(out, 'last', 'training_state.json'), 'utf8')).iter).toBeGreaterThanOrEqual(12);
    expect(existsSync(join(out, '.lock'))).toBe(false);
  },
);

onPosix.each(['SIGHUP', 'SIGTERM', 'SIGINT'] as const)(
  '%s that comes twice, as from a terminal that closes, still saves',
  async (signal) => {
    const out = path(`${signal}-twice`);
    const { child, ended } = start(['pretrain', text, '-o', out, ...small, '--max-iters', '100000', '--json']);
    child.stdout!.on('data', (chunk: Buffer) => {
      if (!chunk.toString().includes('"iter":12,')) return;
      child.kill(signal);
      setTimeout(() => child.kill(signal), 2);
    });
    // Null where the second one came while the process, which had saved, was about to exit.
    expect([130, null]).toContain((await ended).code);
    expect(JSON.parse(readFileSync(join(out, 'last', 'training_state.json'), 'utf8')).iter).toBeGreaterThanOrEqual(12);
    expect(existsSync(join(out, '.lock'))).toBe(false);
  },
);

onPosix(
  'a reader that goes away stops a run: it is saved, the exit code is 2, and the error says how to resume',
  async () => {
    const out = path('piped');
    const args = ['pretrain', text, '-o', out, ...small, '--max-iters', '100000', '--json'];
    const { child, ended } = start(args);
    child.stdout!.once('data', () => child.stdout!.destroy());
    const { code, stderr } = await ended;
    expect(code).toBe(2);
    expect(stderr).toMatch(/^error: cannot write to standard output: its reader closed it .*--resume --out /m);
    expect(existsSync(join(out, 'last', 'model.safetensors'))).toBe(true);
  },
);

onPosix('a reader that has seen enough of a sample ends it quietly', async () => {
  const out = path('sampled');
  await run(['pretrain', text, '-o', out, ...small, '--max-iters', '2']);
  const { child, ended } = start(['sample', out, '--max-new-tokens', '100000']);
  child.stdout!.once('data', () => child.stdout!.destroy());
  expect(await ended).toMatchObject({ code: 0, stderr: '' });
});

(existsSync('/dev/full') ? test : test.skip)(
  'a full disk behind standard output is one line and exit code 2',
  async () => {
    const args = ['pretrain', text, '-o', path('full'), ...small, '--max-iters', '100000', '--json'];
    const child = spawn(process.execPath, [program, ...args], {
      stdio: ['ignore', openSync('/dev/full', 'w'), 'pipe'],
    });
    let err = '';
    child.stderr!.on('data', (chunk) => {
      err += chunk;
    });
    const code = await new Promise((done) => child.on('close', done));
    expect({ code, err }).toEqual({ code: 2, err: expect.stringMatching(/^error: .*the disk is full.*\n$/) });
  },
);

onPosix.each([
  ['pretrain', (fifo: string) => ['pretrain', fifo, '-o', path('waiting'), ...small]],
  ['sample', (fifo: string) => ['sample', path('sampled'), '--prompt-file', fifo]],
  ['tokenizer train', (fifo: string) => ['tokenizer', 'train', fifo, '-o', path('waiting.json')]],
])('%s that waits for a named pipe ends at the first Ctrl-C and leaves nothing', async (name, command) => {
  const fifo = path(`fifo-${name.replace(' ', '-')}`);
  execFileSync('mkfifo', [fifo]);
  const { child, ended } = start(command(fifo));
  await new Promise((wake) => setTimeout(wake, 1500));
  child.kill('SIGINT');
  expect((await ended).code).toBe(130);
  expect([existsSync(path('waiting')), existsSync(path('waiting.json'))]).toEqual([false, false]);
});

test('--overwrite that is refused or interrupted leaves the old run byte for byte', async () => {
  const out = path('old');
  await run(['pretrain', text, '-o', out, ...small, '--max-iters', '20']);
  const before = contents(out);
  const huge = ['--n-layer', '96', '--n-embd', '12288', '--n-head', '96', '--block-size', '2048', '--batch-size', '64'];
  const refused = await run(['pretrain', text, '-o', out, '--overwrite', '--tokenizer', 'byte', ...huge]);
  expect(refused.code).toBe(2);
  expect(contents(out)).toEqual(before);
  const missing = await run(['pretrain', path('none.txt'), '-o', out, '--overwrite']);
  expect(missing.code).toBe(2);
  expect(contents(out)).toEqual(before);
  const large = write('large.txt', someText(60_000));
  const { child, ended } = start(['pretrain', large, '-o', out, '--overwrite', '--vocab-size', '4000']);
  child.stdout!.once('data', () => child.kill('SIGINT')); // "training the tokenizer"
  expect((await ended).code).toBe(130);
  expect(contents(out)).toEqual(before);
});

test('a run is resumed with the data that it was trained on, from any directory, or on demand with other data', async () => {
  const data = write(
    'data.csv',
    `text,label\n${Array.from({ length: 30 }, (_, i) => `row ${i},${i % 2}`).join('\n')}\n`,
  );
  const shape = ['--n-layer', '1', '--n-head', '2', '--n-embd', '16', '--block-size', '16', '--tokenizer', 'byte'];
  const began = await run(['finetune', 'data.csv', '-o', 'tuned', ...shape, '--max-iters', '4'], { cwd: path('.') });
  expect(began.code).toBe(0);
  const resume = (...flags: string[]) =>
    run(['finetune', '--resume', '-o', path('tuned'), '--max-iters', '6', ...flags]);
  expect(await resume()).toMatchObject({ code: 0, stderr: expect.not.stringContaining('changed') });
  const changed = readFileSync(data, 'utf8').replace('row 29,1', 'row 29,0');
  write('data.csv', changed);
  const refused = await resume('--max-iters', '8');
  expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('--allow-changed-data')]);
  const allowed = await resume('--max-iters', '8', '--allow-changed-data');
  expect([allowed.code, allowed.stderr]).toEqual([0, expect.stringContaining('not what the run was trained on')]);
});

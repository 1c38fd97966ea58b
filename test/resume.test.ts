// Nothing is lost: a run that is killed at any moment and resumed ends with the bits of an unbroken one.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { events, run, someText, start, story, workspace } from './program.js';

const { path, write } = workspace();
const text = write('text.txt', someText(2000));
const settings = [
  ...['--tokenizer', 'char', '--n-layer', '1', '--n-head', '2', '--n-embd', '16', '--block-size', '16'],
  ...['--batch-size', '4', '--grad-accum', '2', '--dropout', '0.1', '--max-iters', '60'],
  ...['--eval-interval', '10', '--eval-iters', '2', '--save-interval', '4', '--log-interval', '1'],
];

const weights = (out: string) =>
  ['last/model.safetensors', 'last/optimizer.safetensors', 'best/model.safetensors'].map((file) =>
    readFileSync(join(out, file)).toString('base64'),
  );

let unbroken: string[];

beforeAll(async () => {
  const { code, stderr } = await run(['pretrain', text, '-o', path('whole'), ...settings]);
  expect({ code, stderr: stderr.includes('error') }).toEqual({ code: 0, stderr: false });
  unbroken = weights(path('whole'));
});

test('kill -9 at random moments, then --resume: the same weights, moments and log, byte for byte (nanoGPT#158)', async () => {
  const out = path('killed');
  let kills = 0;
  for (let attempt = 0; ; attempt++) {
    expect(attempt).toBeLessThan(40);
    const begun = existsSync(join(out, 'last'));
    const args = begun
      ? ['pretrain', '--resume', '-o', out, '--json']
      : ['pretrain', text, '-o', out, '--overwrite', ...settings, '--json'];
    const { child, ended } = start(args);
    let seen = 0;
    const stopAfter = 1 + (Math.imul(attempt + 1, 2654435761) >>> 28); // steps, 1 to 16
    child.stdout!.on('data', (chunk: Buffer) => {
      seen += chunk.toString().split('"event":"step"').length - 1;
      if (kills < 4 && seen >= stopAfter) child.kill('SIGKILL');
    });
    const { code } = await ended;
    if (code === 0) break;
    kills++;
  }
  expect(kills).toBe(4);
  expect(weights(out)).toEqual(unbroken);
  expect(story(out)).toEqual(story(path('whole')));
});

test('Ctrl-C finishes the step, saves, prints how to resume and exits with 130; resumed, the weights are the same', async () => {
  const out = path('interrupted');
  const { child, ended } = start(['pretrain', text, '-o', out, ...settings]);
  child.stdout!.on('data', (chunk: Buffer) => {
    if (chunk.toString().includes('step 7/')) child.kill('SIGINT');
  });
  child.stderr!.on('data', () => {});
  const { code, stdout, stderr } = await ended;
  expect(code).toBe(130);
  expect(stdout + stderr).toContain(`--resume`);
  const resumed = await run(['pretrain', '--resume', '-o', out]);
  expect(resumed.code).toBe(0);
  expect(weights(out)).toEqual(unbroken);
});

test('the same seed gives the same run, another seed another one; threads make no difference', async () => {
  await run(['pretrain', text, '-o', path('again'), ...settings, '--threads', '1']);
  expect(weights(path('again'))).toEqual(unbroken);
  const other = await run(['pretrain', text, '-o', path('other'), ...settings, '--seed', '7']);
  expect(other.code).toBe(0);
  expect(weights(path('other'))).not.toEqual(unbroken);
});

test('the eager engine trains to the losses of the compiled one', async () => {
  const short = [...settings, '--max-iters', '6', '--eval-interval', '6', '--json'];
  const [eager, onnx] = await Promise.all([
    run(['pretrain', text, '-o', path('eager'), ...short, '--backend', 'eager']),
    run(['pretrain', text, '-o', path('onnx'), ...short, '--backend', 'onnx']),
  ]);
  const losses = (result: typeof eager) =>
    events(result)
      .filter(({ event }) => event === 'step')
      .map(({ loss }) => loss as number);
  expect(losses(eager)).toHaveLength(6);
  losses(eager).forEach((loss, i) => {
    expect(Math.abs(loss - losses(onnx)[i]!)).toBeLessThan(1e-4);
  });
});

test('a run that exists is refused without --resume or --overwrite, and nothing in it changes', async () => {
  const before = readFileSync(join(path('whole'), 'log.jsonl'), 'utf8');
  const { code, stderr } = await run(['pretrain', text, '-o', path('whole'), ...settings]);
  expect(code).toBe(2);
  expect(stderr).toMatch(/^error: .* holds a run \(--resume .*\)\n$/);
  expect(readFileSync(join(path('whole'), 'log.jsonl'), 'utf8')).toBe(before);
  expect(weights(path('whole'))).toEqual(unbroken);
});

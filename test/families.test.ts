// Every family as a person uses it: pretrained, interrupted and resumed with the same bits, sampled, finetuned whole and with
// adapters, evaluated, inspected.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { events, type Result, run, someText, start, workspace } from './program.js';

const { path, write } = workspace();
const text = write('text.txt', someText(300));
const moods = ['good', 'bad', 'odd'];
const labelled = write(
  'moods.csv',
  `text,label\n${Array.from({ length: 36 }, (_, i) => `a ${moods[i % 3]} day ${i},${moods[i % 3]}`).join('\n')}\n`,
);
const sizes = ['--tokenizer', 'byte', '--n-layer', '2', '--n-head', '4', '--n-embd', '16', '--block-size', '32'];
const training = [
  ...['--batch-size', '4', '--max-iters', '12', '--batch-size', '6', '--eval-interval', '4', '--log-interval', '1'],
  ...['--dropout', '0.1', '--learning-rate', '0.01'],
];
const bits = (out: string) =>
  ['last/model.safetensors', 'last/optimizer.safetensors', 'last/config.json'].map((file) =>
    readFileSync(join(out, file)).toString('base64'),
  );

function ok(result: Result): Result {
  expect({ code: result.code, stderr: result.stderr }).toEqual({
    code: 0,
    stderr: expect.not.stringContaining('error'),
  });
  return result;
}

describe.each([
  ['llama', ['--n-kv-head', '2', '--no-tie']],
  ['qwen3', ['--n-kv-head', '1', '--head-dim', '6', '--rope-theta', '500', '--sliding-window', '9']],
])('%s', (arch, flags) => {
  const whole = path(`${arch}-whole`);

  test('an interrupted run that is resumed has the bits of an unbroken one', async () => {
    const args = ['pretrain', text, '--arch', arch, ...flags, ...sizes, ...training];
    ok(await run([...args, '-o', whole, '--quiet']));
    const out = path(`${arch}-resumed`);
    const { child, ended } = start([...args, '-o', out]);
    child.stdout!.on('data', (chunk: Buffer) => {
      if (chunk.toString().includes('step 6/')) child.kill('SIGINT');
    });
    expect((await ended).code).toBe(130);
    ok(await run(['pretrain', '--resume', '-o', out, '--quiet']));
    expect(bits(out)).toEqual(bits(whole));
    expect(JSON.parse(readFileSync(join(whole, 'last/config.json'), 'utf8')).model_type).toBe(arch);
  }, 120_000);

  test('what is sampled token by token is what the whole text predicts, past the end of the context too', async () => {
    const args = ['sample', whole, '--prompt', 'Ada sees', '--greedy', '--max-new-tokens', '40', '--json'];
    const [sampled] = events(ok(await run(args)));
    const [eager] = events(ok(await run([...args, '--backend', 'eager'])));
    expect(sampled!['text']).toBe(eager!['text']);
    expect(String(sampled!['text']).length).toBeGreaterThan(10);
  }, 120_000);
});

test('a Llama finetuned whole and with adapters, classified, evaluated, inspected', async () => {
  for (const more of [[], ['--lora-rank', '2']]) {
    const out = path(`moods${more.length}`);
    ok(
      await run([
        'finetune',
        labelled,
        '--from',
        path('llama-whole'),
        '-o',
        out,
        ...more,
        '--epochs',
        '12',
        '--batch-size',
        '6',
        '--learning-rate',
        '0.02',
        '--quiet',
      ]),
    );
    const [{ loss } = {}] = events(ok(await run(['eval', out, labelled, '--json'])));
    expect(loss).toBeLessThan(more.length ? 1.12 : 1);
  }
  // The adapter's own folder and the merged model are the same classifier.
  const lora = path(`moods2`);
  const labels = async (folder: string) =>
    events(ok(await run(['classify', folder, '--input', labelled, '--text-column', 'text', '--json']))).map(
      (event) => event['label'],
    );
  expect(await labels(join(lora, 'best/adapter'))).toEqual(await labels(lora));
  const { parts } = JSON.parse(ok(await run(['inspect', lora, '--json'])).stdout) as { parts: { name: string }[] };
  expect(parts.length).toBeGreaterThan(4);
}, 120_000);

test('a flag of another family is refused, with the families that have it', async () => {
  const { code, stderr } = await run(['pretrain', text, '--n-kv-head', '2', '-o', path('none')]);
  expect({ code, stderr }).toEqual({
    code: 2,
    stderr: expect.stringMatching(/--n-kv-head .*gpt2[\s\S]*llama or qwen3/),
  });
});

test('a sliding window that is no window, or in a family without it, is refused with what would do', async () => {
  const refused = async (...flags: string[]) => run(['pretrain', text, '-o', path('none'), ...flags]);
  expect(await refused('--arch', 'llama', '--block-size', '32', '--sliding-window', '32')).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/sliding-window \(32\) is not below block-size \(32\)[\s\S]*--block-size 128/),
  });
  expect(await refused('--sliding-window', '8')).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/--sliding-window .*gpt2[\s\S]*llama or qwen3/),
  });
});

test('heads that do not fit each other are refused, with what fits', async () => {
  const args = ['pretrain', text, '--arch', 'llama', '--n-head', '4', '--n-kv-head', '3', '-o', path('none')];
  const { code, stderr } = await run(args);
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(/4.*3[\s\S]*--n-kv-head 2/) });
});

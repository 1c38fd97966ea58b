// The tensorflow engine through the whole program: nothing is lost, and the other commands work on it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { withTensorflow } from '../src/engine/tensorflow/testing/library.js';
import { events, run, someText, start, workspace } from './program.js';

const { path, write } = workspace();
const backend = ['--backend', 'tensorflow', '--threads', '2'];
const settings = [
  ...['--tokenizer', 'char', '--n-layer', '1', '--n-head', '2', '--n-embd', '16', '--block-size', '16'],
  ...['--batch-size', '4', '--grad-accum', '2', '--dropout', '0.1', '--max-iters', '40'],
  ...['--eval-interval', '10', '--eval-iters', '2', '--save-interval', '4', '--log-interval', '1'],
];

const weights = (out: string) =>
  ['last/model.safetensors', 'last/optimizer.safetensors', 'best/model.safetensors'].map((file) =>
    readFileSync(join(out, file)).toString('base64'),
  );

withTensorflow('the program on TensorFlow', () => {
  const text = write('text.txt', someText(2000));

  test('kill -9 in the middle, then --resume: the same weights and moments, byte for byte', async () => {
    const whole = path('whole');
    const first = await run(['pretrain', text, '-o', whole, ...settings, ...backend]);
    expect(first).toMatchObject({ code: 0, stderr: expect.not.stringContaining('error') });
    // What auto found is kept: the run that is killed is given the same, as it would be if it were this one.
    const { jit } = JSON.parse(readFileSync(join(whole, 'config.json'), 'utf8')).config;
    expect(['xla', 'graph']).toContain(jit);

    const killed = path('killed');
    const { child, ended } = start(['pretrain', text, '-o', killed, ...settings, ...backend, '--jit', jit, '--json']);
    let seen = 0;
    child.stdout!.on('data', (chunk: Buffer) => {
      seen += chunk.toString().split('"event":"step"').length - 1;
      if (seen >= 14) child.kill('SIGKILL');
    });
    expect((await ended).code).toBeNull();
    expect((await run(['pretrain', '--resume', '-o', killed])).code).toBe(0);
    expect(weights(killed)).toEqual(weights(whole));
  }, 600_000);

  test('its checkpoint writes on, is scored and is finetuned; nothing but results and errors is printed', async () => {
    const last = join(path('whole'), 'last');
    const prompt = ['sample', last, '--prompt', 'Ada', '--greedy', '--max-new-tokens', '20', '--json'];
    const [here, onnx] = [await run([...prompt, ...backend]), await run([...prompt, '--backend', 'onnx'])];
    expect(here).toMatchObject({ code: 0, stderr: '' });
    expect(events(here)[0]!['text']).toBe(events(onnx)[0]!['text']);

    const [score, other] = [
      await run(['eval', last, text, '--json', ...backend]),
      await run(['eval', last, text, '--json', '--backend', 'onnx']),
    ];
    expect(events(score)[0]!['loss']).toBeCloseTo(events(other)[0]!['loss'] as number, 4);

    const rows = Array.from({ length: 40 }, (_, i) => `${i % 2 ? 'Ada sees' : 'Ben likes'} the red ball,${i % 2}`);
    const data = write('rows.csv', `text,label\n${rows.join('\n')}\n`);
    const tuned = await run(
      ['finetune', data, '--from', last, '-o', path('tuned'), '--max-iters', '4', '--batch-size', '4', '--json'].concat(
        backend,
        ['--jit', 'graph'],
      ),
    );
    expect(tuned.code).toBe(0);
    expect(events(tuned).at(-1)).toMatchObject({ event: 'done' });
  }, 600_000);
});

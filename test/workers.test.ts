// Several workers through the whole program: the losses of one worker with the whole batch, going on with other numbers of
// workers, and what is left when one dies.
import { execFileSync } from 'node:child_process';
import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { withTensorflow } from '../src/engine/tensorflow/testing/library.js';
import { events, type Result, type Running, run, someText, start, workspace } from './program.js';

const { path, write } = workspace();
const model = ['--tokenizer', 'char', '--n-layer', '1', '--n-head', '2', '--n-embd', '16', '--block-size', '16'];
const often = ['--eval-iters', '2', '--eval-interval', '6', '--save-interval', '3', '--log-interval', '1', '--json'];
const settings = [
  ...model,
  ...often,
  '--dropout',
  '0.2',
  '--grad-accum',
  '2',
  '--jit',
  'graph',
  '--threads',
  '1',
  '--warmup-iters',
  '2',
];

const launch = (workers: number, words: readonly string[]) => ['launch', '--workers', String(workers), '--', ...words];

/** The losses of steps and evaluations, by what they are and when. */
function lossesOf(result: Result): Map<string, number> {
  const losses = new Map<string, number>();
  for (const { event, iter, loss, trainLoss, valLoss } of events(result) as Record<string, number | string>[]) {
    if (event === 'step') losses.set(`step ${iter}`, Number(loss));
    if (event !== 'eval') continue;
    losses.set(`train ${iter}`, Number(trainLoss));
    losses.set(`validation ${iter}`, Number(valLoss));
  }
  return losses;
}

/** The losses of a run of one worker that takes the batch of each step at once: two micro-batches of two workers. */
async function undivided(words: readonly string[], rows: number): Promise<Map<string, number>> {
  const all = await run([...words, '--batch-size', String(4 * rows), '--grad-accum', '1', '--backend', 'tensorflow']);
  return new Map([...lossesOf(fine(all))].filter(([key]) => key.startsWith('step')));
}

/** How far apart the losses are that both runs have; `from` is the first step that `some` must have. */
function apart(some: Map<string, number>, whole: Map<string, number>, from: number): number {
  const last = Math.max(...[...whole.keys()].map((key) => Number(key.split(' ')[1])));
  for (let iter = from; iter <= last; iter++) if (!some.has(`step ${iter}`)) throw new Error(`no step ${iter}`);
  return Math.max(...[...some].map(([key, loss]) => Math.abs(loss - whole.get(key)!)));
}

const fine = (result: Result): Result => {
  expect({ ...result, stdout: '' }).toMatchObject({ code: 0, stderr: expect.not.stringContaining('error') });
  return result;
};

const weights = (out: string) =>
  ['model', 'optimizer'].map((file) => readFileSync(join(out, 'last', `${file}.safetensors`)).toString('base64'));

/** The processes of the workers of the run in a folder, by rank. */
function workersOf(out: string): number[] {
  const lines = execFileSync('ps', ['-eo', 'pid,args'], { encoding: 'utf8' }).split('\n');
  const own = lines.filter((line) => line.includes(` ${out}`) && !line.includes(' launch '));
  return own.map((line) => Number.parseInt(line.trim(), 10)).sort((a, b) => a - b);
}

/** Waits until so many workers of the run in a folder are there; their processes, by rank. */
async function allThere(out: string, count: number): Promise<number[]> {
  const since = Date.now();
  for (;;) {
    const pids = workersOf(out);
    if (pids.length === count) return pids;
    if (Date.now() - since > 60_000) throw new Error(`${pids.length} workers of ${count}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Waits until no worker of the run in a folder is left. */
async function allGone(out: string): Promise<void> {
  const since = Date.now();
  while (workersOf(out).length > 0) {
    if (Date.now() - since > 60_000) throw new Error(`still there: ${workersOf(out)}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Resolves when a step of this number or a later one was reported. */
function reached({ child, ended }: Running, iter: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = '';
    child.stdout!.on('data', (chunk: Buffer) => {
      text += chunk;
      const steps = [...text.matchAll(/"event":"step","iter":(\d+)/g)];
      if (Number(steps.at(-1)?.[1] ?? 0) >= iter) resolve();
    });
    void ended.then(({ stderr }) => reject(new Error(`ended before step ${iter}: ${stderr}`)));
  });
}

withTensorflow('several workers through the whole program, on TensorFlow', () => {
  const text = write('text.txt', someText(400));
  const of = (out: string, batchSize: number, iters: number) => [
    'pretrain',
    text,
    '-o',
    out,
    ...settings,
    '--batch-size',
    String(batchSize),
    '--max-iters',
    String(iters),
  ];
  const whole = path('whole');
  const iters = 42; // enough that a run is still going when it is to be killed after a few
  let losses: Map<string, number>;

  test('two have the losses of one with the whole batch, dropout and evaluations included; the checkpoint opens', async () => {
    const alone = lossesOf(fine(await run([...of(path('alone'), 8, iters), '--backend', 'tensorflow'])));
    losses = lossesOf(fine(await run(launch(2, of(whole, 4, iters)))));
    expect([...losses.keys()]).toEqual([...alone.keys()]);
    expect(losses.size).toBe(iters + (2 * iters) / 6);
    expect(apart(losses, alone, 1)).toBeLessThan(1e-5);
    expect(apart(await undivided(of(path('undivided'), 4, iters), 4), losses, 1)).toBeLessThan(1e-5);
    const sample = ['sample', whole, '--prompt', 'Ada', '--max-new-tokens', '5', '--backend', 'onnx'];
    expect((await run(sample)).code).toBe(0);
  });

  test('with Muon and wsd two have the losses of one; made longer, both continue from before the decay', async () => {
    const more = ['--optimizer', 'muon', '--lr-schedule', 'wsd', '--decay-fraction', '0.5'];
    const out = path('muon');
    const alone = [...of(path('muon-alone'), 8, 12), ...more, '--backend', 'tensorflow'];
    const losses = [
      lossesOf(fine(await run(alone))),
      lossesOf(fine(await run(launch(2, [...of(out, 4, 12), ...more])))),
    ];
    expect(apart(losses[1]!, losses[0]!, 1)).toBeLessThan(1e-4);
    const longer = ['pretrain', '--resume', '-o', out, '--json', '--threads', '1', '--max-iters', '16'];
    const steps = events(fine(await run(launch(2, longer)))).filter(({ event }) => event === 'step');
    expect(steps.map(({ iter }) => iter)).toEqual([7, 8, 9, 10, 11, 12, 13, 14, 15, 16]);
    expect(steps[2]!['lr']).toBe(steps[0]!['lr']);
    expect(Number(steps[3]!['lr'])).toBeLessThan(Number(steps[0]!['lr']));
  });

  /** Kills all of two workers after some steps, and resumes with other numbers of them, each in a copy of the folder. */
  async function goOn(out: string, begin: readonly string[], workers: readonly number[]): Promise<Map<number, Result>> {
    const running = start(launch(2, begin));
    const pids = await allThere(out, 2);
    await reached(running, 7);
    for (const pid of [running.child.pid!, ...pids]) process.kill(pid, 'SIGKILL');
    await running.ended;
    await allGone(out);
    const results = new Map<number, Result>();
    for (const count of workers) {
      const copy = `${out}-${count}`;
      cpSync(out, copy, { recursive: true });
      const again = [begin[0]!, '--resume', '-o', copy, '--json', '--threads', '1'];
      results.set(count, fine(await run(count === 1 ? [...again, '--backend', 'tensorflow'] : launch(count, again))));
    }
    return results;
  }

  test('all of them killed in the middle: --resume with 2 has the same bits, with 1 and 3 the same losses', async () => {
    const out = path('resumed');
    const results = await goOn(out, of(out, 4, iters), [2, 1, 3]);
    for (const result of results.values()) expect(apart(lossesOf(result), losses, iters)).toBeLessThan(1e-5);
    expect(weights(`${out}-2`)).toEqual(weights(whole));
    const { config, wholeBatch } = JSON.parse(readFileSync(join(`${out}-3`, 'config.json'), 'utf8'));
    expect([config.batchSize, wholeBatch]).toEqual([3, 8]);
  });

  test('finetuning over epochs: two are one; killed, --resume with 2 has the same bits, with 3 the same losses', async () => {
    const moods = ['good', 'bad', 'odd'];
    const row = (i: number) => `${'so '.repeat(i % 4)}${moods[i % 3]},${moods[i % 3]}`;
    const data = write('moods.csv', ['text,label', ...Array.from({ length: 47 }, (_, i) => row(i))].join('\n'));
    const begin = (out: string, batchSize: number) => [
      ...['finetune', data, '-o', out, ...settings, '--lm-coef', '0.5', '--balance', '--epochs', '9'],
      ...['--batch-size', String(batchSize)],
    ];
    const alone = lossesOf(fine(await run([...begin(path('tuned-alone'), 8), '--backend', 'tensorflow'])));
    const never = lossesOf(fine(await run(launch(2, begin(path('tuned'), 4)))));
    expect(apart(never, alone, 1)).toBeLessThan(1e-5);
    expect(apart(await undivided(begin(path('tuned-undivided'), 4), 4), never, 1)).toBeLessThan(1e-5);
    const out = path('tuned-killed');
    const results = await goOn(out, begin(out, 4), [2, 3]);
    for (const result of results.values()) expect(apart(lossesOf(result), never, 21)).toBeLessThan(1e-5);
    expect(weights(`${out}-2`)).toEqual(weights(path('tuned')));
  });

  test('the launcher killed: its workers finish the step, save and end', async () => {
    const out = path('left');
    const running = start(launch(2, of(out, 2, 1_000_000)));
    await reached(running, 4);
    const pids = workersOf(out);
    expect(pids).toHaveLength(2);
    running.child.kill('SIGKILL');
    await running.ended;
    await allGone(out);
    const log = readFileSync(join(out, 'log.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(log.at(-1)).toMatchObject({ event: 'done', reason: 'interrupted' });
    const { iter } = JSON.parse(readFileSync(join(out, 'last', 'training_state.json'), 'utf8'));
    expect(iter).toBe(log.at(-1).iter);
  });

  test('one of three killed: the others name it and end, and the checkpoint resumes with two', async () => {
    const out = path('killed');
    const running = start(launch(3, of(out, 2, 1_000_000)));
    await reached(running, 4);
    const pids = workersOf(out);
    expect(pids).toHaveLength(3);
    process.kill(pids[1]!, 'SIGKILL');
    const { code, stderr } = await running.ended;
    expect(code).toBe(137);
    expect(stderr).toMatch(
      /^\[0\] error: worker 1 \(127\.0\.0\.1:\d+\) is gone \(the state after step \d+ is in .*--resume/m,
    );
    expect(stderr).toMatch(/^\[2\] error: worker 1 \(127\.0\.0\.1:\d+\) is gone/m);
    expect(workersOf(out)).toEqual([]);
    const { iter } = JSON.parse(readFileSync(join(out, 'last', 'training_state.json'), 'utf8'));
    const again = ['pretrain', '--resume', '-o', out, '--json', '--max-iters', String(iter + 2)];
    const steps = events(fine(await run(launch(2, again)))).filter(({ event }) => event === 'step');
    expect(steps.map((step) => step['iter'])).toEqual([iter + 1, iter + 2]);
    expect(JSON.parse(readFileSync(join(out, 'config.json'), 'utf8'))).toMatchObject({
      workers: 2,
      config: { batchSize: 3 },
    });
  });
});

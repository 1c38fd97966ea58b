import type { DoneEvent, RunEvent, StartEvent } from '../events.js';
import { contextOf, record } from './fixtures.js';
import { showRun } from './progress.js';
import { Estimate } from './remaining-time.js';

const start: StartEvent = {
  event: 'start',
  command: 'pretrain',
  backend: 'onnx',
  device: 'cpu',
  threads: 2,
  parameters: 809856,
  vocabSize: 65,
  tokens: { train: 1003854, val: 111540 },
  iter: 0,
  maxIters: 30,
  out: 'runs/my book',
};
const step = (iter: number, loss: number): RunEvent => ({
  event: 'step',
  iter,
  loss,
  lr: 1e-3,
  gradNorm: 0.8,
  tokensPerSecond: 9012.4,
  elapsed: iter,
});
const done: DoneEvent = {
  event: 'done',
  iter: 30,
  reason: 'finished',
  trainLoss: 1.79,
  valLoss: 1.88,
  bestValLoss: 1.87,
  tokensPerSecond: 9100,
  elapsed: 30.2,
  peakMemoryMB: 410,
  out: 'runs/my book',
};
const evaluation: RunEvent = { event: 'eval', iter: 20, trainLoss: 2.4, valLoss: 2.42, bitsPerByte: 3.491 };
const events: RunEvent[] = [
  { event: 'phase', name: 'tokenizing', done: 1, total: 2 },
  { event: 'phase', name: 'tokenizing', done: 2, total: 2, finished: true },
  start,
  step(10, 2.5),
  step(20, 2.25),
  evaluation,
  { event: 'checkpoint', iter: 20, kind: 'best', path: 'runs/my book/best' },
  { event: 'text', iter: 20, text: 'To be' },
  { event: 'notice', level: 'warning', message: 'look' },
  { event: 'notice', level: 'info', message: 'by the way' },
  step(30, Number.NaN),
  done,
];

async function shown(
  list: RunEvent[],
  options: Parameters<typeof record>[0] = {},
  flags: Parameters<typeof contextOf>[1] = {},
) {
  const recording = record(options);
  await showRun(
    (async function* () {
      yield* list;
    })(),
    contextOf(recording, flags),
  );
  return { out: recording.out(), err: recording.err() };
}

test("--json prints CONTRACT's events, one a line, and warnings on standard error", async () => {
  const { out, err } = await shown(events, {}, { json: true });
  const lines = out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines.map(({ event }) => event)).toEqual(['start', 'step', 'step', 'eval', 'checkpoint', 'step', 'done']);
  expect(lines[0]).toEqual(start);
  expect(lines[6]).toEqual(done);
  expect(err).toBe('warning: look\n');
});

test('piped, every event is a plain line', async () => {
  const { out, err } = await shown(events);
  expect(err).toBe('warning: look\n');
  expect(out.split('\n').slice(0, 10)).toEqual([
    'tokenizing',
    '809,856 parameters, vocabulary 65; 1,003,854 training and 111,540 validation tokens; onnx on cpu, 2 threads',
    'step 10/30  loss 2.5000  lr 1.00e-3  9,012 tokens/s  10s',
    'step 20/30  loss 2.2500  lr 1.00e-3  9,012 tokens/s  20s  ETA 10s',
    'step 20  validation 2.4200  training 2.4000  3.491 bits/byte',
    'saved runs/my book/best',
    '--- sample at step 20 ---',
    'To be',
    '---',
    'by the way',
  ]);
  expect(out).not.toContain('\u001b');
});

test('the summary has the curve, the losses, the paths and the command to sample with', async () => {
  const { out } = await shown(events);
  expect(out).toMatch(/2\.50 ┤.*[\u2801-\u28ff]/);
  expect(out).toContain(
    [
      'done: 30 steps, 30s, 9,100 tokens/s, peak memory 410 MB',
      'validation loss 1.8800 (best 1.8700), training loss 1.7900',
      'best: runs/my book/best',
      `sample: gpt-cli sample 'runs/my book' --prompt "..."`,
      '',
    ].join('\n'),
  );
});

test('an interrupted run prints how to resume it', async () => {
  const { out } = await shown([start, step(1, 3), { ...done, reason: 'interrupted' }]);
  expect(out).toContain("resume: gpt-cli pretrain --resume --out 'runs/my book'\n");
});

test('a run without an evaluation says so', async () => {
  const { out } = await shown([
    start,
    { ...done, trainLoss: Number.NaN, valLoss: Number.NaN, bestValLoss: Number.NaN },
  ]);
  expect(out).toContain('\nnot evaluated yet\n');
});

test('a finetuned classifier says how to use it', async () => {
  const { out } = await shown([
    { ...start, command: 'finetune', task: 'classify' },
    { ...done, accuracy: 0.815, macroF1: 0.8 },
  ]);
  expect(out).toContain('accuracy 81.5 %, macro F1 0.800');
  expect(out).toContain(`use it: gpt-cli classify 'runs/my book' "..."`);
});

test('--quiet leaves warnings only', async () => {
  expect(await shown(events, {}, { quiet: true })).toEqual({ out: '', err: 'warning: look\n' });
  expect(await shown(events, { tty: true }, { quiet: true })).toEqual({ out: '', err: 'warning: look\n' });
});

test('on a terminal there is a bar with loss, rate, speed and ETA, which is gone at the end', async () => {
  const { out } = await shown(events, { tty: true });
  expect(out).toContain('█');
  expect(out).toContain('step 20/30');
  expect(out).toContain('loss 2.2500  lr 1.00e-3  9.01k tokens/s  ETA 10s');
  expect(out).toContain('tokenizing');
  expect(out.lastIndexOf('█')).toBeLessThan(out.lastIndexOf('\u001b[2K'));
  expect(out.lastIndexOf('\u001b[?25h')).toBeGreaterThan(out.lastIndexOf('\u001b[?25l')); // the cursor is back
  expect(out.split('\n').at(-2)).toContain('sample: gpt-cli sample');
});

test('with a time limit the bar and the estimate go by time', async () => {
  const { out } = await shown([{ ...start, maxIters: null, maxTime: 60 }, step(10, 2.5), step(45, 2)], { tty: true });
  expect(out).toContain('ETA 50s');
  expect(out).toContain('ETA 15s');
});

test('the bar goes away when the run fails', async () => {
  const recording = record({ tty: true });
  const failing = async function* (): AsyncGenerator<RunEvent> {
    yield step(1, 2);
    throw new Error('diverged');
  };
  await expect(showRun(failing(), contextOf(recording))).rejects.toThrow('diverged');
  expect(recording.out().endsWith('█')).toBe(false);
  expect(recording.out().lastIndexOf('\u001b[?25h')).toBeGreaterThan(recording.out().lastIndexOf('\u001b[?25l'));
});

test('an estimate needs two steps, and starts from the first that was seen', () => {
  const estimate = new Estimate(2000, null);
  expect(estimate.secondsLeft(1000, 5)).toBeUndefined();
  expect(estimate.secondsLeft(1100, 15)).toBeCloseTo(90);
});

import type { DoneEvent, StartEvent } from '../events.js';
import { planLines, summary } from './event-lines.js';

const start: StartEvent = {
  ...{
    event: 'start',
    command: 'finetune',
    backend: 'onnx',
    device: 'cpu',
    threads: 2,
    parameters: 1000,
    vocabSize: 300,
  },
  ...{ tokens: { train: 100, val: 10 }, task: 'classify', iter: 0, maxIters: 30, out: 'runs/a' },
};
const done: DoneEvent = {
  ...{ event: 'done', iter: 30, reason: 'finished', trainLoss: 0.5, valLoss: 0.6, bestValLoss: 0.6, accuracy: 0.712 },
  ...{ tokensPerSecond: 100, elapsed: 3, peakMemoryMB: 200, out: 'runs/a' },
};
const accuracies = (event: StartEvent) => summary(done, new Map(), event).find((line) => line.includes('accuracy'));

test('the accuracy of a classifier is shown with its baselines', () => {
  expect(accuracies({ ...start, baselines: { majority: 0.509, bagOfWords: 0.656 } })).toContain(
    'accuracy 71.2 % (baselines: majority class 50.9 %, bag of words 65.6 %)',
  );
  expect(accuracies(start)).toMatch(/accuracy 71\.2 %$/);
});

test('a run that ends before its first step has saved nothing, and names no command that would use it', () => {
  const early = { ...done, iter: 0, trainLoss: Number.NaN, valLoss: Number.NaN, bestValLoss: Number.NaN };
  expect(summary({ ...early, reason: 'time' }, new Map(), start)).toEqual([
    'time limit reached before the first step: nothing is saved',
  ]);
  expect(summary({ ...early, reason: 'interrupted' }, new Map(), start)).toEqual([
    'interrupted before the first step: nothing is saved',
  ]);
});

describe('what was chosen for the time that a run has', () => {
  const plan = {
    event: 'plan',
    maxTime: 600,
    planning: 2.1,
    settings: { nLayer: 4, nEmbd: 128, dropout: 0.1, minLr: 5e-4 },
    parameters: 1_060_000,
    steps: 3116,
    epochs: 4.1,
    tokensPerSecond: 12_345,
    trainBytes: 904_000,
    limit: 'time',
    expected: 2.0834,
  } as const;

  test('is shown as flags, with the reason and the expectation', () => {
    expect(planLines(plan)).toEqual([
      'chosen for 10m 00s: --n-layer 4 --n-embd 128 --dropout 0.1 (1.06M parameters)',
      '12,345 tokens/s measured: about 3,116 steps, 4.1 passes over 0.904MB of text; about 2.08 bits/byte expected of unseen text',
    ]);
  });

  test('one step is not steps', () => {
    expect(planLines({ ...plan, steps: 1 })[1]).toContain('about 1 step, 4.1 passes');
  });

  test('a run that its text ends has that as its reason; no expectation is shown where there is none', () => {
    expect(planLines({ ...plan, limit: 'text', expected: null })[1]).toBe(
      'stops after 3,116 steps, 4.1 passes over 0.904MB of text, sooner than the time is up: more would teach nothing',
    );
  });
});

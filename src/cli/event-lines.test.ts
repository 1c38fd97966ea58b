import type { DoneEvent, StartEvent } from '../events.js';
import { summary } from './event-lines.js';

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

test('the accuracy of a classifier stands beside its baselines', () => {
  expect(accuracies({ ...start, baselines: { majority: 0.509, bagOfWords: 0.656 } })).toContain(
    'accuracy 71.2 % (baselines: majority class 50.9 %, bag of words 65.6 %)',
  );
  expect(accuracies(start)).toMatch(/accuracy 71\.2 %$/);
});

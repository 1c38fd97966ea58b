// One optimizer step from files to gradients: however its batch is divided into micro-batches, the loss and every gradient are
// those of the whole batch.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SafetensorsFile } from '../checkpoint/index.js';
import { hasOpenvino } from '../engine/openvino/testing/library.js';
import { hasTensorflow } from '../engine/tensorflow/testing/library.js';
import type { StepEvent } from '../events.js';
import { finetune } from '../finetune/finetune.js';
import { pretrain } from '../pretrain/pretrain.js';

let folder = '';
const at = (name: string) => join(folder, name);

const sentence = 'the quick brown fox jumps over a lazy dog and then sleeps in the warm sun until it rains';
const moods = ['good', 'good', 'bad', 'good', 'odd', 'good', 'bad', 'good', 'good'];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gpt-cli-accumulation-'));
  const lines = (name: string, rows: readonly object[]) =>
    writeFileSync(at(name), rows.map((row) => JSON.stringify(row)).join('\n'));
  const lengths = [1, 2, 3, 5, 10, 20, 40, 80];
  lines(
    'answers.jsonl',
    lengths.map((n) => ({ prompt: `Write ${n}: `, completion: sentence.slice(0, n) })),
  );
  const texts = moods.map((label, i) => ({ text: `${sentence.slice(0, 3 + 9 * i)} ${label}`, label }));
  lines('moods.jsonl', texts);
  const question = (i: number) => ({
    question: sentence.slice(0, 4 + 7 * i),
    choice1: 'no',
    choice2: 'a dog',
    label: i % 2,
  });
  lines(
    'choices.jsonl',
    Array.from({ length: 5 }, (_, i) => question(i)),
  );
  writeFileSync(at('text.txt'), `${sentence}. `.repeat(20));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const beta1 = 0.9;
const model = { nLayer: 1, nHead: 2, nEmbd: 16, blockSize: 112, tokenizer: 'byte' };
/** One step, whose first moments are the gradients times 1 - beta1. */
const oneStep = {
  ...{ threads: 1, seed: 3, dropout: 0, gradClip: 0, beta1 },
  ...{ optimizer: 'adamw', maxIters: 1, logInterval: 1, evalIters: 1, valSplit: 0 },
};

type Settings = Readonly<Record<string, unknown>>;

interface Step {
  readonly loss: number;
  readonly gradNorm: number;
  readonly gradients: ReadonlyMap<string, Float32Array>;
}

async function stepOf(file: string, more: Settings, folder = 'run'): Promise<Step> {
  const [out, data] = [at(folder), at(file)];
  const common = {
    out,
    layers: [{ name: 'flag', values: { ...oneStep, ...(more['from'] ? {} : model), ...more } }],
    overwrite: true,
  };
  const events = file.endsWith('.txt') ? pretrain({ inputs: [data], ...common }) : finetune({ data, ...common });
  let step: StepEvent | undefined;
  for await (const event of events) if (event.event === 'step') step = event;
  return { ...step!, gradients: await gradientsIn(join(out, 'last', 'optimizer.safetensors')) };
}

async function gradientsIn(path: string): Promise<Map<string, Float32Array>> {
  const file = await SafetensorsFile.open(path);
  const gradients = new Map<string, Float32Array>();
  for (const name of file.header.tensors.keys())
    if (name.startsWith('exp_avg.'))
      gradients.set(
        name,
        (await file.read(name)).map((x) => x / (1 - beta1)),
      );
  await file.close();
  return gradients;
}

/** The norm of the difference, relative to that of the second. */
function relativeError(a: Float32Array, b: Float32Array): number {
  return Math.hypot(...a.map((x, i) => x - b[i]!)) / (Math.hypot(...b) || 1);
}

async function expectSame(file: string, more: Settings, divisions: readonly (readonly [number, number])[]) {
  const steps: Step[] = [];
  for (const [batchSize, gradAccum] of divisions) steps.push(await stepOf(file, { ...more, batchSize, gradAccum }));
  const [whole, ...divided] = steps as [Step, ...Step[]];
  expect(whole.gradNorm).toBeGreaterThan(0.01);
  expect(whole.gradients.size).toBeGreaterThan(5);
  for (const { loss, gradNorm, gradients } of divided) {
    expect(Math.abs(loss / whole.loss - 1)).toBeLessThan(1e-6);
    expect(Math.abs(gradNorm / whole.gradNorm - 1)).toBeLessThan(1e-6);
    for (const [name, gradient] of whole.gradients)
      expect({ name, same: relativeError(gradients.get(name)!, gradient) < 1e-6 }).toEqual({ name, same: true });
  }
}

const engines: Record<string, Settings> = {
  onnx: { backend: 'onnx' },
  eager: { backend: 'eager' },
  ...(hasOpenvino && { openvino: { backend: 'openvino' } }),
  // Not XLA, which takes a minute to compile all lengths: engine/engines.test.ts has it.
  ...(hasTensorflow && { tensorflow: { backend: 'tensorflow', jit: 'graph' } }),
};

const eight = [
  [8, 1],
  [4, 2],
  [1, 8],
] as const;
const nine = [
  [9, 1],
  [3, 3],
  [8, 2], // the second one has one row
] as const;

describe.each(Object.entries(engines))('micro-batches make the step of the whole batch, to 1e-6: %s', (_, engine) => {
  test('eight instructions with answers of 1 to 80 characters', () => expectSame('answers.jsonl', engine, eight));

  test('nine labelled texts, classes weighted, with the auxiliary loss', () =>
    expectSame('moods.jsonl', { ...engine, balance: true, lmCoef: 0.5 }, nine));
});

describe('on the default engine also', () => {
  test.each([
    ['the labels alone', { lmCoef: 0 }],
    ['the labels alone, classes weighted', { lmCoef: 0, balance: true }],
    ['labels and the auxiliary loss, which counts its own targets', { lmCoef: 0.5 }],
    ['dropout: every row keeps its masks', { lmCoef: 0.5, dropout: 0.3 }],
  ])('nine labelled texts: %s', (_, more) => expectSame('moods.jsonl', more, nine));

  test('multiple choice, with dropout and the auxiliary loss', () =>
    expectSame('choices.jsonl', { dropout: 0.2, lmCoef: 0.5 }, [
      [5, 1],
      [2, 3],
      [3, 2],
      [1, 5],
    ]));

  test('low-rank adapters', async () => {
    await stepOf('text.txt', {}, 'base');
    await expectSame('answers.jsonl', { from: at('base'), loraRank: 2 }, eight);
  });

  test('pretraining, with dropout: the rows drawn do not depend on the division', () =>
    expectSame('text.txt', { dropout: 0.2, blockSize: 16 }, eight));

  test('more micro-batches than an epoch has rows for: the last ones are empty', () =>
    expectSame('moods.jsonl', {}, [
      [9, 1],
      [4, 5],
    ]));
});

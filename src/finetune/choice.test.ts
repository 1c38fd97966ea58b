// Multiple choice from a file to a checkpoint and back: learned, evaluated, chosen, and distinguished from labels.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { classify } from '../classify/classify.js';
import { evaluate } from '../evaluate/evaluate.js';
import type { ClassEvent, ResultEvent, RunEvent } from '../events.js';
import { finetune } from './finetune.js';

let folder = '';
const at = (name: string) => join(folder, name);
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gpt-cli-choice-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function collect<T>(events: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const event of events) all.push(event);
  return all;
}

/** The right choice is what is warm; two to four choices, the right one anywhere. */
function rows(count: number, offset = 0) {
  const [warm, cold] = [
    ['sun', 'fire', 'oven'],
    ['ice', 'snow', 'frost', 'hail'],
  ];
  return Array.from({ length: count }, (_, i) => {
    const n = Math.imul(i + offset + 1, 2654435761) >>> 8;
    const choices: string[] = cold.slice(0, 1 + (n % 3));
    const label = (n >> 3) % (choices.length + 1);
    choices.splice(label, 0, warm[(n >> 5) % 3]!);
    return { question: 'what is warm?', choices, label };
  });
}

const jsonl = (name: string, data: readonly object[]) => {
  writeFileSync(at(name), data.map((row) => JSON.stringify(row)).join('\n'));
  return at(name);
};

const values = {
  ...{ nLayer: 1, nHead: 2, nEmbd: 16, blockSize: 32, tokenizer: 'byte', threads: 1, batchSize: 8, dropout: 0 },
  ...{ maxIters: 120, learningRate: 0.02, lmCoef: 0.1, evalInterval: 60 },
};
const run = (data: string, out: string, more: object = {}): Promise<RunEvent[]> =>
  collect(finetune({ data, out: at(out), layers: [{ name: 'flag', values: { ...values, ...more } }] }));

test('the right one of two to four choices is learned, wherever it stands', async () => {
  const events = await run(jsonl('train.jsonl', rows(120)), 'run');
  expect(events.find(({ event }) => event === 'start')).toMatchObject({ task: 'choice', labels: ['choice'] });
  expect(events.at(-1)).toMatchObject({ event: 'done', reason: 'finished' });
  const config = JSON.parse(readFileSync(at('run/best/config.json'), 'utf8'));
  expect(config).toMatchObject({ architectures: ['GPT2ForSequenceClassification'], id2label: { 0: 'choice' } });
  expect(config.problem_type).toBeUndefined();
  const test = jsonl('test.jsonl', rows(40, 500));
  const result = (await collect(evaluate({ run: at('run'), inputs: [test] }))).at(-1) as ResultEvent;
  expect(result).toMatchObject({ examples: 40, labels: ['0', '1', '2', '3'] });
  expect(result.accuracy).toBeGreaterThan(0.9);
});

test('classify chooses without labels too, and each question alone has the probabilities that it has in a batch', async () => {
  const asked = rows(6, 900).map(({ label: _, ...row }) => row);
  const all = (await collect(classify({ run: at('run'), input: { file: jsonl('ask.jsonl', asked) } }))).filter(
    (event): event is ClassEvent => event.event === 'class',
  );
  expect(all.map(({ choices, label }) => /sun|fire|oven/.test(choices![Number(label)]!))).toEqual(
    asked.map(() => true),
  );
  for (const [i, row] of asked.entries()) {
    const scores = Object.values(all[i]!.scores);
    expect(scores).toHaveLength(row.choices.length);
    expect(scores.reduce((a, b) => a + b)).toBeCloseTo(1, 5);
    const events = await collect(classify({ run: at('run'), input: { file: jsonl('one.jsonl', [row]) } }));
    const [alone, ...others] = events.filter((event): event is ClassEvent => event.event === 'class');
    expect(others).toEqual([]);
    expect(Object.keys(alone!.scores)).toHaveLength(scores.length);
    Object.values(alone!.scores).forEach((score, k) => {
      expect(score).toBeCloseTo(scores[k]!, 5);
    });
  }
});

test('finetuning continues from it with its head', async () => {
  const events = await run(at('train.jsonl'), 'again', { ...onlyTraining(), from: at('run') });
  const first = events.find((event) => event.event === 'step');
  expect(first!.event === 'step' && first!.loss).toBeLessThan(1);
});

/** The shape comes from the checkpoint. */
function onlyTraining() {
  const shape = ['nLayer', 'nHead', 'nEmbd', 'blockSize', 'tokenizer'];
  return { ...Object.fromEntries(shape.map((key) => [key, undefined])), maxIters: 2, logInterval: 1 };
}

test('a model of choices is not asked for the label of a text, nor a model of labels for a choice', async () => {
  const alone = collect(classify({ run: at('run'), input: ['what is warm?'] }));
  await expect(alone).rejects.toThrow('chooses between answers; a text alone has none');
  const moods = jsonl('moods.jsonl', [
    { text: 'a', label: 'x' },
    { text: 'b', label: 'y' },
    { text: 'c', label: 'x' },
  ]);
  await expect(collect(evaluate({ run: at('run'), inputs: [moods] }))).rejects.toThrow('no column for multiple choice');
  await run(moods, 'moods', { maxIters: 1 });
  const asked = collect(evaluate({ run: at('moods'), inputs: [at('test.jsonl')] }));
  await expect(asked).rejects.toThrow('is multiple choice, and the model has the labels x, y');
});

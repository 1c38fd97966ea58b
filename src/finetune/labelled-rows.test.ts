// Rows of labelled data from the file to the result: which are read, held out, labelled and counted.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { classify } from '../classify/classify.js';
import { evaluate } from '../evaluate/evaluate.js';
import type { ClassEvent, NoticeEvent, ResultEvent, RunEvent, StartEvent } from '../events.js';
import { finetune } from './finetune.js';

let folder = '';
const at = (name: string) => join(folder, name);
const write = (name: string, text: string) => {
  writeFileSync(at(name), text);
  return at(name);
};
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gpt-cli-rows-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function collect<T>(events: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const event of events) all.push(event);
  return all;
}

const size = { nLayer: 1, nHead: 1, nEmbd: 8, blockSize: 24, batchSize: 4, tokenizer: 'char', threads: 1, lmCoef: 0 };
const train = (data: string, out: string, values: object = {}, more: object = {}): Promise<RunEvent[]> =>
  collect(
    finetune({ data, out: at(out), layers: [{ name: 'flag', values: { ...size, maxIters: 1, ...values } }], ...more }),
  );
const layers = [{ name: 'flag', values: { threads: 1 } }];
const classes = async (run: string, input: Parameters<typeof classify>[0]['input']) => {
  const events = await collect(classify({ run: at(run), input, layers }));
  return {
    texts: events.filter((event): event is ClassEvent => event.event === 'class'),
    notices: events.filter((event): event is NoticeEvent => event.event === 'notice').map(({ message }) => message),
  };
};
const notices = (events: readonly { event: string }[]) =>
  events.filter((event): event is NoticeEvent => event.event === 'notice').map(({ message }) => message);
const moods = ['a lovely calm day', 'we laughed all evening', 'bright and warm', 'the soup was perfect'];
const table = (labels: readonly string[]) =>
  `text,label\n${[...moods, ...moods.map((text) => `not ${text}`)].map((text, i) => `${text},${labels[i >> 2]}\n`).join('')}`;

describe('with labels that are names of properties', () => {
  beforeAll(() => train(write('named.csv', table(['__proto__', 'constructor'])), 'named'));

  test('a text has a probability for each of them', async () => {
    const { texts } = await classes('named', [moods[0]!]);
    const { scores, label } = texts[0]!;
    expect(Object.keys(scores).sort()).toEqual(['__proto__', 'constructor']);
    expect(Object.values(JSON.parse(JSON.stringify(scores)) as object)).toHaveLength(2);
    expect(Object.values(scores).reduce((a, b) => a + b)).toBeCloseTo(1, 5);
    expect(['__proto__', 'constructor']).toContain(label);
  });

  test('an evaluation counts both, and unknown ones called so as wrong', async () => {
    const data = write('eval.csv', 'text,label\nbright and warm,constructor\nfine,toString\nfine day,toString\n');
    const events = await collect(evaluate({ run: at('named'), inputs: [data], layers }));
    const result = events.at(-1) as ResultEvent;
    expect(result).toMatchObject({ labels: ['__proto__', 'constructor', 'toString'], examples: 3 });
    expect(Object.entries(result.unknownLabels!)).toEqual([['toString', 2]]);
    expect(result.confusion!.map((row) => row.reduce((a, b) => a + b))).toEqual([0, 1, 2]);
    expect(result.accuracy).toBeLessThanOrEqual(1 / 3);
    expect(notices(events)).toContain(
      '2 of 3 rows have a label that the model does not know ("toString": 2); they count as wrong',
    );
  });

  test('an end of text inside a line is text: the line is one row', async () => {
    const lines = 'good<|endoftext|>bad\nfine\n';
    const { texts } = await classes('named', { file: write('lines.txt', lines) });
    expect(texts.map(({ text }) => text)).toEqual(['good<|endoftext|>bad', 'fine']);
    const piped = await classes('named', { stdin: Readable.from([lines.slice(0, 9), lines.slice(9)]) });
    expect(piped.texts).toEqual(texts);
    const [column] = (await classes('named', { file: write('c.csv', 'text\ngood<|endoftext|>bad\n') })).texts;
    expect(column!.scores).toEqual(texts[0]!.scores);
  });

  test('warnings name the line of the file, blank lines counted', async () => {
    const lines = `x\n\n  \n${'very long '.repeat(10)}\n`;
    const { notices: file } = await classes('named', { file: write('blank.txt', lines) });
    expect(file).toEqual([expect.stringMatching(/blank\.txt:4\)$/)]);
    const { notices: piped } = await classes('named', { stdin: Readable.from([lines]) });
    expect(piped).toEqual([expect.stringMatching(/\(standard input:4\)$/)]);
  });

  test('rows without a label are classified too', async () => {
    const { texts } = await classes('named', { file: write('some.csv', 'text,label\na,constructor\nb,\nc,NaN\n') });
    expect(texts.map(({ text, expected }) => [text, expected])).toEqual([
      ['a', 'constructor'],
      ['b', undefined],
      ['c', undefined],
    ]);
  });

  test('characters of labelled texts that were never seen are counted', async () => {
    const data = write('unseen.csv', 'text,label\nbright é☃,constructor\n');
    const events = await collect(evaluate({ run: at('named'), inputs: [data], layers }));
    expect(events.at(-1)).toMatchObject({ unseenCharacters: 2 });
    expect(notices(events)).toContain('2 characters of the text never occur in the training text');
  });
});

test('large integers in JSONL are labels of their own from training to evaluation', async () => {
  const [one, other] = ['12345678901234567890', '12345678901234567891'];
  const rows = moods.map((text, i) => `{"text":"${text}","label":${i % 2 ? one : other}}\n`).join('');
  const events = await train(write('big.jsonl', rows), 'big', { valSplit: 0 });
  expect(events.find(({ event }) => event === 'start')).toMatchObject({ labels: [one, other] });
  const scored = await collect(evaluate({ run: at('big'), inputs: [at('big.jsonl')], layers }));
  expect(scored.at(-1)).toMatchObject({ examples: 4, labels: [one, other] });
  expect((scored.at(-1) as ResultEvent).unknownLabels).toBeUndefined();
});

test('a resumed run keeps the split that it began with', async () => {
  const rows = Array.from({ length: 30 }, (_, i) => `text ${i % 3},${i % 3 === 2 ? 'b' : 'a'}\n`);
  const data = write('copies.csv', `text,label\n${rows.join('')}`);
  const startOf = (events: RunEvent[]) => (events.find(({ event }) => event === 'start') as StartEvent).examples;
  const begun = await train(data, 'split');
  expect(startOf(begun)).toEqual({ train: 20, val: 10 }); // all copies of one text
  expect(notices(begun)).toContain(
    '10 of 30 examples are held out for validation (--val-split 0.1); 30 rows share their text with another row; copies stay on one side of the split',
  );
  const resume = (iters: number) =>
    collect(
      finetune({ data, out: at('split'), resume: true, layers: [{ name: 'flag', values: { maxIters: iters } }] }),
    );
  expect(startOf(await resume(2))).toEqual({ train: 20, val: 10 });

  // A run of an earlier version has neither the rule nor the hash of its data.
  const record = JSON.parse(readFileSync(at('split/config.json'), 'utf8'));
  expect(record.splitRule).toBe(2);
  writeFileSync(at('split/config.json'), JSON.stringify({ ...record, splitRule: undefined, dataHash: undefined }));
  expect(startOf(await resume(3))).toEqual({ train: 27, val: 3 });
  expect(JSON.parse(readFileSync(at('split/config.json'), 'utf8')).splitRule).toBe(1);
});

test('rows of a table of texts are held out whole, and its copies together', async () => {
  const rows = Array.from({ length: 60 }, (_, i) => `{"text":"story ${i % 20} of the day"}\n`).join('');
  const events = await train(write('stories.jsonl', rows), 'stories', {
    task: 'text',
    lmCoef: undefined,
    valSplit: 0.2,
  });
  expect(notices(events)).toContainEqual(expect.stringMatching(/^12 of 60 examples are held out .* 60 rows share/));
});

test('an evaluation refuses a template that names the answer', async () => {
  const data = write('qa.jsonl', '{"prompt":"a","completion":"b"}\n{"prompt":"c","completion":"d"}\n');
  await train(data, 'qa', { valSplit: 0, lmCoef: undefined });
  const options = { run: at('qa'), inputs: [data], layers, promptTemplate: '{prompt} {completion}' };
  await expect(collect(evaluate(options))).rejects.toThrow('names {completion}, the column of the answer');
});

// Labelled data as people have it, through the program: what is wrong is reported in one line with its place and exit code 2;
// what can be read is read, whatever its encoding and line ends.
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { events, run, workspace } from './program.js';

const { path, write } = workspace();
const good = ['text,label', ...Array.from({ length: 30 }, (_, i) => (i % 2 ? `good ${i},up` : `bad ${i},down`))];
const shape = ['--n-layer', '1', '--n-head', '1', '--n-embd', '16', '--block-size', '16', '--tokenizer', 'byte'];
const short = [...shape, '--max-iters', '2', '--batch-size', '8'];
const csv = (name: string, lines: readonly string[], end = '\n') => write(name, lines.join(end));
const finetune = (data: string, ...more: string[]) =>
  run(['finetune', data, '-o', path('out'), '--overwrite', ...short, ...more, '--json']);

csv('good.csv', good);
csv('wrong.csv', ['txt,lable', ...good.slice(1)]);
csv('one.csv', ['text,label', 'a,x', 'b,x', 'c,x']);
csv('blank.csv', ['text,label', ' ,x', ' ,y']);
csv('quotes.csv', [...good.slice(0, 5), '"open,up', ...good.slice(5)]);
csv('ragged.csv', [...good.slice(0, 5), 'a,b,c']);
csv('header.csv', ['text,label']);
write('empty.csv', '');
write(
  'binary.csv',
  Uint8Array.from({ length: 4096 }, (_, i) => (i * 7919) % 256),
);
write('latin1.csv', Buffer.from(`${good.join('\n')}\ncaf\u00e9,up`, 'latin1'));
write('nan.jsonl', '{"text":"a","label":NaN}\n{"text":"b","label":1}\n');
write('null.jsonl', '{"text":"a","label":0}\n{"text":"b","label":null}\n');
write('unanswered.jsonl', '{"prompt":"a","completion":" "}\n{"prompt":"b","completion":""}\n');
write('text.jsonl', '{"story":"one"}\n{"story":"two"}\n');
write('questions.jsonl', '{"prompt":"a ","completion":"b"}\n{"prompt":"c ","completion":"d"}\n');

const refused: readonly [title: string, file: string, flags: readonly string[], message: RegExp][] = [
  ['a missing file', 'nowhere.csv', [], /nowhere\.csv/],
  ['an empty file', 'empty.csv', [], /empty\.csv has no rows/],
  ['a header alone', 'header.csv', [], /header\.csv has no usable rows/],
  ['a binary file', 'binary.csv', [], /binary\.csv is not text: byte 0 is NUL/],
  ['another encoding', 'latin1.csv', [], /latin1\.csv is not UTF-8: byte \d+ \(0xe9\)/],
  ['wrong columns (mlx-examples#630)', 'wrong.csv', [], /columns are "txt", "lable".*"txt" meant to be "text"/],
  ['a column that is not there', 'good.csv', ['--label-column', 'lable'], /no column "lable".*"label"/],
  ['text without the key "text" (mlx-examples#381)', 'text.jsonl', [], /the columns are "story"/],
  ['a task that the columns do not allow (mlx-examples#199)', 'good.csv', ['--task', 'instruct'], /"text", "label"/],
  ['one label only', 'one.csv', [], /all training rows have the label "x"/],
  ['no row left', 'blank.csv', [], /blank\.csv has no usable rows.*"text" is empty/],
  ['a quote that is open', 'quotes.csv', [], /quotes\.csv:6: a quote is opened and never closed/],
  ['a row with too many fields', 'ragged.csv', [], /ragged\.csv:6: 3 fields where the header has 2/],
  ['one label besides NaN', 'nan.jsonl', [], /nan\.jsonl:1\)[\s\S]*all training rows have the label "1"/],
  ['one label besides null', 'null.jsonl', [], /null\.jsonl:2\)[\s\S]*all training rows have the label "0"/],
  ['no completion at all (mlx-lm#1355)', 'unanswered.jsonl', [], /no usable rows.*"completion" is empty/],
  [
    'a flag of another task (litgpt#1339)',
    'questions.jsonl',
    ['--lm-coef', '0.3'],
    /--lm-coef has no effect.*classify/,
  ],
  ['balance where there are no labels (litgpt#1339)', 'questions.jsonl', ['--balance'], /--balance has no effect/],
  [
    'a template where no prompt is (litgpt#1339)',
    'good.csv',
    ['--prompt-template', '{text}'],
    /has no effect.*instruct/,
  ],
  ['layer decay above 1', 'good.csv', ['--layer-decay', '1.5'], /"layer-decay" must be .* got 1\.5/],
  ['more frozen blocks than there are', 'good.csv', ['--freeze', '3'], /freeze \(3\) without --from/],
];

test.each(refused)('%s is reported in one line, with exit code 2', async (_, file, flags, message) => {
  const { code, stdout, stderr } = await finetune(path(file), ...flags);
  expect(stderr).toMatch(message);
  expect(stderr).toMatch(/(^|\n)error: [^\n]+\n$/);
  expect([code, stdout]).toEqual([2, '']);
  expect(existsSync(path('out/last'))).toBe(false);
});

test('UTF-16, a byte order mark and any line ends give the same run as plain UTF-8', async () => {
  const weights = async (file: string) => {
    expect((await finetune(file)).code).toBe(0);
    return readFileSync(path('out/last/model.safetensors')).toString('base64');
  };
  const plain = await weights(path('good.csv'));
  const text = good.join('\n');
  const others = [
    csv('crlf.csv', good, '\r\n'),
    csv('cr.csv', good, '\r'),
    write('bom.csv', `\ufeff${text}`),
    write('utf16.csv', Buffer.from(`\ufeff${text}`, 'utf16le')),
  ];
  for (const file of others) expect({ file, same: (await weights(file)) === plain }).toEqual({ file, same: true });
});

test('a row of a megabyte, the word NaN, rows in both parts and unseen labels are accepted and reported', async () => {
  rmSync(path('both'), { recursive: true, force: true });
  mkdirSync(path('both'));
  csv('both/train.csv', [...good, `"${'word '.repeat(200_000)}",up`, 'NaN,up']);
  csv('both/valid.csv', ['text,label', 'good 1,up', 'new,sideways', 'NaN 2,down']);
  const result = await finetune(path('both'));
  expect(result.code).toBe(0);
  for (const what of ['longer than the context of 16 tokens', '"sideways" is a label of the validation data only'])
    expect(result.stderr).toContain(what);
  expect(result.stderr).toMatch(
    /a row of the validation data is in the train data too.*valid\.csv:2 and .*train\.csv:3/,
  );
  for (const { event, loss, valLoss } of events(result))
    if (event === 'step' || event === 'eval') expect(Number.isFinite(loss ?? valLoss)).toBe(true);
});

test('what is typed is what is done: the run keeps every flag (litgpt#1339)', async () => {
  const flags = ['--learning-rate', '0.02', '--lm-coef', '0.25', '--layer-decay', '0.8', '--limit', '20', '--balance'];
  const result = await finetune(path('good.csv'), ...flags, '--weight-decay', '0.3', '--val-split', '0.25');
  const { config } = JSON.parse(readFileSync(path('out/config.json'), 'utf8'));
  expect(config).toMatchObject({ learningRate: 0.02, lmCoef: 0.25, layerDecay: 0.8, limit: 20, balance: true });
  expect(config).toMatchObject({ weightDecay: 0.3, valSplit: 0.25, maxIters: 2, batchSize: 8, blockSize: 16 });
  expect(events(result)[0]).toMatchObject({ event: 'start', examples: { train: 15, val: 5 }, maxIters: 2 });
});

test('--max-time ends finetuning in time, --early-stop when nothing gets better; both leave a whole run', async () => {
  const timed = await run([
    ...['finetune', path('good.csv'), '-o', path('timed'), ...shape, '--max-time', '3s', '--json'],
    ...['--batch-size', '4'],
  ]);
  const done = events(timed).at(-1)!;
  expect(done).toMatchObject({ event: 'done', reason: 'time', accuracy: expect.any(Number) });
  const stopped = await run([
    ...['finetune', path('good.csv'), '-o', path('stopped'), ...shape, '--early-stop', '2', '--max-iters', '400'],
    ...['--eval-interval', '5', '--learning-rate', '0.02', '--lm-coef', '0', '--json'],
  ]);
  const all = events(stopped);
  expect(all.at(-1)).toMatchObject({ event: 'done', reason: 'early-stop' });
  const evaluations = all.filter(({ event }) => event === 'eval') as { iter: number; accuracy: number }[];
  const best = all.filter(({ event, kind }) => event === 'checkpoint' && kind === 'best').at(-1)!;
  const reached = evaluations.find(({ iter }) => iter === best['iter'])!;
  expect(reached.accuracy).toBe(Math.max(...evaluations.map(({ accuracy }) => accuracy)));
  expect(evaluations.at(-1)!.iter).toBe((best['iter'] as number) + 10);
  for (const out of ['timed', 'stopped'])
    expect(['last', 'best'].map((kind) => existsSync(path(`${out}/${kind}/model.safetensors`)))).toEqual([true, true]);
});

test('classify labels thousands of rows in their order, from a CSV or lines on a pipe; all it says is one line', async () => {
  const texts = Array.from({ length: 5000 }, (_, i) =>
    i % 3 ? `good ${i}` : `bad ${i} ${'so '.repeat(i % 3)}`.trim(),
  );
  const input = write('many.csv', `id,text\n${texts.map((text, i) => `${i},${text}`).join('\n')}\n`);
  const out = path('labels.csv');
  const { code, stdout, stderr } = await run(['classify', path('stopped'), '--input', input, '--output', out]);
  expect([code, stdout, stderr]).toEqual([0, '', `5,000 texts labelled in ${out}\n`]);
  const labelled = readFileSync(out, 'utf8').trim().split('\n');
  expect(labelled.slice(1).map((line) => line.split(',')[0])).toEqual(texts);
  const piped = await run(['classify', path('stopped'), '-'], { stdin: texts.slice(0, 50).join('\r\n') });
  expect(
    piped.stdout
      .trim()
      .split('\n')
      .map((line) => line.split('\t')[2]),
  ).toEqual(texts.slice(0, 50));
  const labels = (lines: string[], at: number, by: string) => lines.map((line) => line.split(by)[at]);
  expect(labels(piped.stdout.trim().split('\n'), 0, '\t')).toEqual(labels(labelled.slice(1, 51), 1, ','));
});

test('a classifier is not evaluated as a language model when the column of labels has another name', async () => {
  const table = csv('unlabelled.csv', ['text,labl', ...good.slice(1)]);
  const failed = await run(['eval', path('stopped'), table]);
  expect([failed.code, failed.stdout]).toEqual([2, '']);
  expect(failed.stderr).toMatch(/unlabelled\.csv: no column for a label .*"text", "labl" \(is "labl" meant/);
  const named = await run(['eval', path('stopped'), table, '--label-column', 'labl']);
  expect([named.code, named.stdout]).toEqual([0, expect.stringMatching(/accuracy/)]);
});

test('data without labels, a model without labels and a broken row leave no output behind', async () => {
  const out = path('none.csv');
  const broken = csv('late.csv', ['text', ...Array.from({ length: 2000 }, (_, i) => `row ${i}`), 'a,b,c']);
  const failed = await run(['classify', path('stopped'), '--input', broken, '--output', out]);
  expect([failed.code, failed.stderr]).toEqual([2, expect.stringMatching(/late\.csv:2002: 3 fields/)]);
  const language = await run([
    'finetune',
    path('questions.jsonl'),
    '-o',
    path('language'),
    ...short,
    '--val-split',
    '0',
  ]);
  expect(language.code).toBe(0);
  const headless = await run(['classify', path('language'), '--input', path('good.csv'), '--output', out]);
  expect([headless.code, headless.stderr]).toEqual([2, expect.stringContaining('is a model without labels')]);
  expect([existsSync(out), existsSync(`${out}.part`)]).toEqual([false, false]);
});

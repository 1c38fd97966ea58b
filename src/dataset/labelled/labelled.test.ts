import { errorOf, temporaryFolder } from '../fixtures.js';
import { readLabelled, streamExamples } from './labelled.js';

const folder = temporaryFolder();

test('a folder with train, dev and test is read whole; labels are sorted, numbers by value', async () => {
  folder.write('sst/train.tsv', 'sentence\tlabel\ngood film \t10\nbad film\t9\n');
  folder.write('sst/dev.tsv', 'sentence\tlabel\nfine\t10\n');
  folder.write('sst/test.tsv', 'sentence\tlabel\nawful\t2\n');
  folder.write('sst/README.md', 'about');
  const data = await readLabelled(`${folder.path}/sst`);
  expect(data.labels).toEqual(['2', '9', '10']);
  expect(Object.keys(data.splits)).toEqual(['train', 'validation', 'test']);
  const [first] = data.splits.train!;
  expect(first).toMatchObject({ kind: 'classify', text: 'good film', label: '10' });
  expect(first!.place).toMatch(/train\.tsv:2$/);
  expect(data.splits.validation).toHaveLength(1);
  expect(data.warnings).toEqual([]);
});

test('test data without labels is left out with a warning, validation data is an error', async () => {
  folder.write('glue/train.tsv', 'sentence\tlabel\na\t1\nb\t0\n');
  folder.write('glue/test.tsv', 'index\tsentence\n0\ta\n');
  const data = await readLabelled(`${folder.path}/glue`);
  expect(Object.keys(data.splits)).toEqual(['train']);
  expect(data.warnings[0]).toMatchObject({
    code: 'test-columns',
    message: 'no column "label"; the columns are "index", "sentence"',
  });
  folder.write('glue/valid.tsv', 'sentence\nb\n');
  expect((await errorOf(() => readLabelled(`${folder.path}/glue`))).message).toMatch(/valid\.tsv: no column "label"/);
});

test('rows without text or label are left out and counted', async () => {
  const path = folder.write('gaps.csv', 'text,label\na,1\n ,0\nb,\nc,0\n"",1\n');
  const data = await readLabelled(path);
  expect(data.splits.train!.map((example) => example.place.split(':').at(-1))).toEqual(['2', '5']);
  expect(data.warnings.map(({ code, count, places }) => [code, count, places.length])).toEqual([
    ['empty-text', 2, 2],
    ['empty-label', 1, 1],
  ]);
});

test('prompts keep the other columns for a template; numbers and nothing become text', async () => {
  const path = folder.write('p.jsonl', '{"prompt":"q","completion":" a","lang":"fr","n":3,"none":null,"list":[1]}\n');
  expect((await readLabelled(path)).splits.train).toEqual([
    {
      kind: 'instruct',
      place: `${path}:1`,
      fields: { prompt: 'q', lang: 'fr', n: '3', none: '', list: '[1]' },
      completion: ' a',
    },
  ]);
});

test('conversations are read in both of their forms', async () => {
  const path = folder.write(
    'chat.jsonl',
    '{"messages":[{"role":"user","content":"hi"},{"role":"assistant","content":"hello"}]}\n{"messages":[{"from":"human","value":"x"},{"from":"gpt","value":"y"}]}\n{"messages":[{"role":"user","content":"alone"}]}\n',
  );
  const data = await readLabelled(path);
  expect(
    data.splits.train!.map(
      (example) => example.kind === 'chat' && example.messages.map(({ role, content }) => `${role}:${content}`),
    ),
  ).toEqual([
    ['user:hi', 'assistant:hello'],
    ['user:x', 'assistant:y'],
  ]);
  expect(data.warnings[0]).toMatchObject({ code: 'empty-completion', count: 1 });
});

test.each([
  ['{"text":"a","label":1}\n{"text":"b"}\n', /:2: no value under "label"; the keys there are text/],
  ['{"text":["a"],"label":1}\n', /:1: "text" is an array/],
  ['{"text":{"a":1},"label":1}\n', /:1: "text" is an object/],
  ['{"messages":"hello"}\n', /:1: "messages" is a list of/],
  [
    '{"messages":[{"role":"robot","content":"x"}]}\n',
    /no usable rows .*:1: message 1 has "robot": a role is not one of system, developer, user/,
  ],
  ['{"messages":[{"role":"user"}]}\n', /no usable rows .*:1: message 1: a message has no text as content/],
  ['{"text":"","label":"x"}\n', /has no usable rows/],
])('a broken row is named by its line (mlx-examples#381): %s', async (content, message) => {
  const { message: found, hint } = await errorOf(() => readLabelled(folder.write('bad.jsonl', content)));
  expect(`${found} (${hint})`).toMatch(message);
});

test('what is no data set says why', async () => {
  folder.write('none/notes.md', 'x');
  folder.write('two/train.csv', 'text,label\na,1\n');
  folder.write('two/train.tsv', 'text\tlabel\na\t1\n');
  expect((await errorOf(() => readLabelled(`${folder.path}/none`))).message).toMatch(
    /holds no labelled data; there are "notes\.md"/,
  );
  expect((await errorOf(() => readLabelled(`${folder.path}/two`))).message).toMatch(/are both train data/);
  expect((await errorOf(() => readLabelled(`${folder.path}/nowhere`))).message).toMatch(/no such file or folder/);
});

test('a limit keeps the first rows, of training only', async () => {
  folder.write('limit/train.csv', 'text,label\na,1\nb,0\nc,1\n');
  folder.write('limit/valid.csv', 'text,label\nd,1\ne,0\nf,1\n');
  const { splits } = await readLabelled(`${folder.path}/limit`, { limit: 2 });
  expect([splits.train!.length, splits.validation!.length]).toEqual([2, 3]);
});

test('texts to be labelled are streamed, without a label column', async () => {
  const path = folder.write('todo.csv', 'id,text\n1,first\n2,second\n');
  const texts: string[] = [];
  for await (const example of streamExamples(path, { task: 'classify', needLabel: false }, () => {})) {
    if (example.kind === 'classify') texts.push(example.text);
  }
  expect(texts).toEqual(['first', 'second']);
});

test.each([
  ['gaps.csv', 'text,label\na,x\nb,\nc,NaN\n'],
  ['gaps.jsonl', '{"text":"a","label":"x"}\n{"text":"b","label":null}\n{"text":"c"}\n'],
])('a row to be labelled is read whether or not it has a label: %s', async (name, content) => {
  const found: unknown[] = [];
  const path = folder.write(name, content);
  for await (const example of streamExamples(path, { task: 'classify', needLabel: false }, (problem) => {
    throw new Error(problem.message);
  })) {
    if (example.kind === 'classify') found.push([example.text, example.label]);
  }
  expect(found).toEqual([
    ['a', 'x'],
    ['b', undefined],
    ['c', undefined],
  ]);
});

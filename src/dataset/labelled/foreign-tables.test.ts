// Tables as other programs write them, and names that JavaScript knows.
import { errorOf, temporaryFolder } from '../fixtures.js';
import { decideTask } from './columns.js';
import { readLabelled, streamExamples } from './labelled.js';
import { countLabels, quickChecks } from './quick-checks.js';
import { findSplits } from './splits.js';
import { checkTemplate } from './template.js';

const folder = temporaryFolder();
const read = (name: string, content: string) => readLabelled(folder.write(name, content));
const texts = [1, 2, 3, 4].map((n) => `text ${n}`);

test('Excel: a first line `sep=;` names the delimiter and is no row; lines keep their numbers', async () => {
  const { splits, names } = await read('excel.csv', 'sep=;\r\ntext;label\r\na, b;pos\r\nc;neg\r\n');
  expect(names).toEqual(['text', 'label']);
  expect(splits.train).toMatchObject([
    { text: 'a, b', label: 'pos', place: expect.stringMatching(/:3$/) },
    { text: 'c', label: 'neg', place: expect.stringMatching(/:4$/) },
  ]);
});

test.each(['sep=;\n', '"sep=;"\r\n', 'sep=;\r'])('the first line %j names the delimiter', async (line) => {
  const { splits } = await read('sep.csv', `${line}text;label\na;pos\nb;neg\n`);
  expect(splits.train).toMatchObject([{ text: 'a', label: 'pos', place: expect.stringMatching(/:3$/) }, { text: 'b' }]);
});

test('a quote in the midst of a name of a column does not hide the delimiters behind it', async () => {
  const { names, splits } = await read('inch.csv', '7" disk;text;label\n1;"a, b";x\n');
  expect(names).toEqual(['7" disk', 'text', 'label']);
  expect(splits.train).toMatchObject([{ text: 'a, b', label: 'x' }]);
});

test('a comma, or a line end, in a quoted header does not decide the delimiter', async () => {
  const header = '"Text, original\n(English)";label\n';
  const data = await readLabelled(folder.write('header.csv', `${header}one;pos\ntwo;neg\n`), {
    textColumns: ['Text, original\n(English)'],
    labelColumn: 'label',
  });
  expect(data.splits.train).toMatchObject([
    { text: 'one', label: 'pos' },
    { text: 'two', label: 'neg' },
  ]);
});

test.each([
  [
    'nan.csv',
    (label: string) => `text,label\n${texts.map((text, i) => `${text},${i % 2 ? 'a' : label}`).join('\n')}\n`,
  ],
  [
    'nan.jsonl',
    (label: string) => texts.map((text, i) => `{"text":"${text}","label":${i % 2 ? '"a"' : label || '""'}}`).join('\n'),
  ],
])('missing labels are skipped and reported alike: %s', async (name, write) => {
  for (const label of ['NaN', 'null', '']) {
    const { splits, warnings, labels } = await read(name, write(label));
    expect(splits.train).toHaveLength(2);
    expect(labels).toEqual(['a']);
    expect(warnings).toMatchObject([{ code: 'empty-label', severity: 'warning', count: 2 }]);
  }
});

test('labels that are large integers keep every digit', async () => {
  const rows = ['12345678901234567890', '12345678901234567891'].map((label) => `{"text":"t${label}","label":${label}}`);
  expect((await read('big.jsonl', rows.join('\n'))).labels).toEqual(['12345678901234567890', '12345678901234567891']);
  expect((await read('big.json', `[${rows.join(',')}]`)).labels).toHaveLength(2);
});

test('a column with a comma in its name can be chosen', () => {
  const chosen = { textColumns: 'Text, original'.split(',').map((name) => name.trim()), labelColumn: 'label' };
  expect(decideTask(['Text, original', 'label'], chosen).columns).toMatchObject({ text: 'Text, original' });
  expect(decideTask(['Text', 'original', 'label'], chosen).columns).toMatchObject({ text: 'Text', second: 'original' });
});

test.each(['constructor', '__proto__', 'toString'])('a label, a column or a role may be called %s', async (name) => {
  const csv = `text,label\n${texts.map((text, i) => `${text},${i % 2 ? 'plain' : name}`).join('\n')}\n`;
  const { splits, labels } = await read('named.csv', csv);
  expect(labels).toContain(name);
  expect(Object.entries(countLabels(splits.train!)).sort()).toEqual(
    [
      [name, 2],
      ['plain', 2],
    ].sort(),
  );

  const column = await readLabelled(folder.write('column.csv', `${name},label\na,x\nb,y\n`), {
    textColumns: [name],
    labelColumn: 'label',
  });
  expect(column.splits.train).toMatchObject([{ text: 'a' }, { text: 'b' }]);
  const absent = folder.write(
    'absent.jsonl',
    `{"prompt":"p","completion":"c","${name}":"v"}\n{"prompt":"q","completion":"d"}`,
  );
  const [first, second] = (await readLabelled(absent)).splits.train!;
  if (first?.kind !== 'instruct' || second?.kind !== 'instruct') throw new Error('not instructions');
  expect([first.fields[name], second.fields[name]]).toEqual(['v', undefined]);

  const turns = (role: string) =>
    JSON.stringify({
      messages: [
        { role: 'user', content: 'hi' },
        { role, content: 'yes' },
        { role: 'assistant', content: 'no' },
      ],
    });
  const chats = await read('chats.jsonl', `${turns(name)}\n${turns('user')}\n`);
  expect(chats.splits.train).toHaveLength(1);
  expect(chats.warnings).toMatchObject([
    { code: 'role', count: 1, places: [expect.stringMatching(/:1: message 2 has "\w+"$/)] },
  ]);
});

test('rows of a chat with tools are read; one without content or with a foreign role is reported and skipped', async () => {
  const fine = '{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}]}';
  const tool =
    '{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":null,"tool_calls":[]},{"role":"tool","content":"3"}]}';
  const { splits, warnings } = await read(
    'tools.jsonl',
    `${fine}\n${tool}\n${fine.replace('user', 'tool')}\n${fine.replace('user', 'constructor')}\n`,
  );
  expect(splits.train).toHaveLength(2);
  expect(warnings.map(({ code, places }) => [code, places[0]!.replace(/^.*tools/, 'tools')])).toEqual([
    ['content', 'tools.jsonl:2: message 2'],
    ['role', 'tools.jsonl:4: message 1 has "constructor"'],
  ]);
});

test('constructor.csv in a folder is no split', () => {
  for (const name of ['train', 'constructor', '__proto__']) folder.write(`splits/${name}.csv`, 'text,label\na,b\n');
  expect(Object.keys(findSplits(`${folder.path}/splits`))).toEqual(['train']);
});

test('duplicates are named as pairs, each with both of its lines', async () => {
  const data = await read('pairs.csv', 'text,label\na,x\nb,y\n\nb,y\nc,x\nc,y\na,x\n');
  const found: unknown[] = [];
  quickChecks(data, ({ code, place }) => found.push([code, place!.replace(/^.*pairs/, 'pairs')]));
  expect(found).toEqual([
    ['duplicate-in-train', 'pairs.csv:3 and 5'],
    ['contradiction', 'pairs.csv:6 and 7: "x", "y"'],
    ['duplicate-in-train', 'pairs.csv:2 and 8'],
  ]);
});

test('a template that names the column of the answer is an error', () => {
  const columns = { kind: 'completion', prompt: 'q', completion: 'a' } as const;
  expect(() => checkTemplate('{q}: {a}', columns, ['q', 'a'])).toThrow('names {a}, the column of the answer');
  checkTemplate('{q}:', columns, ['q', 'a']);
});

test('one line of 40 MB is read in the time of its length', async () => {
  const long = 'x'.repeat(40e6);
  for (const [name, content] of [
    ['long.jsonl', `{"text":"${long}","label":"a"}\n{"text":"b","label":"b"}\n`],
    ['long.csv', `text,label\n"${long}",a\nb,b\n`],
    ['long.tsv', `text\tlabel\n${long}\ta\nb\tb\n`],
  ] as const) {
    const started = performance.now();
    const path = folder.write(name, content);
    let rows = 0;
    for await (const example of streamExamples(path, {}, () => {})) rows += example.kind === 'classify' ? 1 : 0;
    expect(rows).toBe(2);
    expect(performance.now() - started).toBeLessThan(8000);
  }
});

test('a .json file that is no array is an error that says what to do', async () => {
  expect((await errorOf(() => read('none.json', '{}'))).hint).toContain('.jsonl');
});

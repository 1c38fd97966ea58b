// Multiple choice from files to examples: lists and columns, and the ways in which the right choice is named.
import { errorOf, temporaryFolder } from '../fixtures.js';
import { checkData } from './check.js';
import { readLabelled } from './labelled.js';

const folder = temporaryFolder();
let count = 0;
const jsonl = (rows: readonly object[]) =>
  folder.write(`choices${count++}.jsonl`, rows.map((row) => JSON.stringify(row)).join('\n'));
const right = async (path: string) =>
  (await readLabelled(path)).splits.train!.map((example) => example.kind === 'choice' && example.label);

const row = (answer: unknown, choices: unknown = ['x', 'y', 'z']) => ({ question: 'q', choices, answer });

test.each([
  ['an index from 0', [row(0), row(2)], ['0', '2']],
  ['an index from 1, where none is 0 and one is the number of choices', [row(1), row(3)], ['0', '2']],
  ['an index from 0, where none is 0 but none is the number of choices', [row(1), row(2)], ['1', '2']],
  ['a letter', [row('A'), row('c')], ['0', '2']],
  ['the text of the choice', [row('y'), row('z')], ['1', '2']],
  [
    'a name of its own (ARC)',
    [row('2', { text: ['x', 'y'], label: ['1', '2'] }), row('A', { text: ['u', 'v'], label: ['A', 'B'] })],
    ['1', '0'],
  ],
])('the right choice is %s', async (_, rows, expected) => {
  expect(await right(jsonl(rows))).toEqual(expected);
});

test('choices may be columns of a CSV, some of them empty, or a list written as JSON', async () => {
  const columns = folder.write('c.csv', 'premise,choice1,choice2,choice3,label\np,a,b,,1\nq,a,b,c,0\n');
  const [first, second] = (await readLabelled(columns)).splits.train!;
  expect(first).toMatchObject({ kind: 'choice', text: 'p', choices: ['a', 'b'], label: '1' });
  expect(second).toMatchObject({ choices: ['a', 'b', 'c'], label: '0' });
  const list = folder.write('l.csv', 'context,question,options,answer\nc,q,"[""a"", ""b""]",B\n');
  const [only] = (await readLabelled(list)).splits.train!;
  expect(only).toMatchObject({ text: 'c q', choices: ['a', 'b'], label: '1' });
});

test('a label that is none of the choices is an error with its line; a row of one choice is left out', async () => {
  expect((await errorOf(() => readLabelled(jsonl([row(0), row(7)])))).message).toMatch(
    /:2: the label "7" is none of the 3 choices/,
  );
  expect((await errorOf(() => readLabelled(jsonl([row(0, 'x')])))).message).toMatch(
    /:1: "choices" is a list of choices/,
  );
  const { splits, warnings } = await readLabelled(jsonl([row(0), row(1), row(0, ['x'])]));
  expect([splits.train!.length, warnings[0]!.code]).toEqual([2, 'few-choices']);
});

test('data check tells of choices that are the same, and of answers that are always in one place', async () => {
  const rows = Array.from({ length: 12 }, (_, i) => ({
    question: `q${i}`,
    choices: ['x', i === 3 ? 'x' : 'y'],
    label: 0,
  }));
  const { task, findings, splits } = await checkData(jsonl(rows));
  expect([task, findings.map(({ code }) => code)]).toEqual(['choice', ['one-place', 'same-choices']]);
  expect(findings[1]!.places[0]).toMatch(/:4$/);
  expect(splits[0]!.labels).toEqual({ 0: 12 });
});

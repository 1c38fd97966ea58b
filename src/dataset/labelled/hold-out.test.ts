import type { Example } from './examples.js';
import { holdOut } from './hold-out.js';

const row = (text: string, label: string, line: number): Example => ({
  kind: 'classify',
  place: `a.csv:${line}`,
  text,
  label,
});
const distinct = (count: number, label: (i: number) => string): Example[] =>
  Array.from({ length: count }, (_, i) => row(`text ${i}`, label(i), i + 2));
const texts = (rows: readonly Example[]) => rows.map((each) => (each.kind === 'classify' ? each.text : ''));
const count = (rows: readonly Example[], label: string) =>
  rows.filter((each) => each.kind === 'classify' && each.label === label).length;

test('a tenth is held out by the seed, in the order of the file, and nothing is lost', () => {
  const rows = distinct(100, () => 'a');
  const { train, validation, grouped } = holdOut(rows, 0.1, 1);
  expect([train.length, validation.length, grouped]).toEqual([90, 10, 0]);
  expect(new Set([...train, ...validation])).toEqual(new Set(rows));
  const places = (part: readonly Example[]) => part.map((each) => rows.indexOf(each));
  expect(places(validation)).toEqual(places(validation).toSorted((a, b) => a - b));
  expect(holdOut(rows, 0.1, 1)).toEqual({ train, validation, grouped });
  expect(holdOut(rows, 0.1, 2).validation).not.toEqual(validation);
});

test('copies of a text, white space apart, stay on one side whatever their labels', () => {
  const rows = Array.from({ length: 200 }, (_, i) =>
    row(`text  number ${i % 50}${i % 3 ? ' ' : ''}`, i % 7 > 3 ? 'x' : 'y', i + 2),
  );
  const { train, validation, grouped } = holdOut(rows, 0.2, 5);
  const seen = new Set(texts(train).map((text) => text.trim()));
  expect(texts(validation).filter((text) => seen.has(text.trim()))).toEqual([]);
  expect(grouped).toBe(200);
  expect(validation.length).toBeGreaterThanOrEqual(36);
  expect(validation.length).toBeLessThanOrEqual(44);
});

test('every label is held out in proportion, and a label with one text stays in training', () => {
  const rows = distinct(101, (i) => (i === 100 ? 'single' : i % 10 === 0 ? 'rare' : 'common'));
  const { train, validation } = holdOut(rows, 0.2, 3);
  expect([count(validation, 'rare'), count(validation, 'common'), count(validation, 'single')]).toEqual([2, 18, 0]);
  expect(count(train, 'single')).toBe(1);
});

test('at least one row is held out where there are two texts, none of one text or with a split of 0', () => {
  expect(
    holdOut(
      distinct(2, () => 'a'),
      0.1,
      1,
    ).validation,
  ).toHaveLength(1);
  expect(
    holdOut(
      distinct(1, () => 'a'),
      0.1,
      1,
    ).train,
  ).toHaveLength(1);
  expect(
    holdOut(
      distinct(50, () => 'a'),
      0,
      1,
    ).validation,
  ).toEqual([]);
});

test('a label that only copies of a text of another label have stays in training', () => {
  for (let seed = 0; seed < 20; seed++) {
    const rows = distinct(20, (i) => (i < 10 ? 'a' : 'b')).concat([row('text 3', 'rare', 40), row('text 13', 'b', 41)]);
    const { train, validation } = holdOut(rows, 0.4, seed);
    expect(count(train, 'rare')).toBe(1);
    expect(Math.abs(validation.length - 9)).toBeLessThanOrEqual(1);
  }
});

test('no row is held out where each label has one text', () => {
  const { train, validation } = holdOut([row('one', 'a', 2), row('two', 'b', 3), row('two', 'b', 4)], 0.5, 1);
  expect([train.length, validation]).toEqual([3, []]);
});

test('copies of questions with their choices, of prompts and of texts stay on one side too', () => {
  const kinds: ((n: number) => Example)[] = [
    (n) => ({ kind: 'choice', place: '', text: `q${n}`, choices: ['a', 'b'], label: '0' }),
    (n) => ({ kind: 'classify', place: '', text: `q${n}`, second: 'same', label: 'x' }),
    (n) => ({ kind: 'instruct', place: '', fields: { prompt: `q${n}` }, completion: `answer ${n}` }),
    (n) => ({ kind: 'text', place: '', text: `q${n}` }),
  ];
  for (const make of kinds) {
    const rows = Array.from({ length: 60 }, (_, i) => make(i % 20));
    const { train, validation, grouped } = holdOut(rows, 0.2, 7);
    const seen = new Set(train.map((example) => JSON.stringify(example)));
    expect(validation.length).toBe(12);
    expect(validation.some((example) => seen.has(JSON.stringify(example)))).toBe(false);
    expect(grouped).toBe(60);
  }
});

test('rule 1, that of earlier runs, still draws the rows that it drew', () => {
  const rows = distinct(20, () => 'a');
  expect(texts(holdOut(rows, 0.2, 1337, 1).validation)).toEqual(['text 3', 'text 4', 'text 12', 'text 18']);
});

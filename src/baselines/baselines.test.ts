import { baselinesOf } from './baselines.js';

const rows = (texts: Record<string, number>) => Object.entries(texts).map(([text, label]) => ({ text, label }));

test('the majority is that of the training rows, measured on the validation rows', () => {
  const train = rows({ 'sun shines': 0, 'warm sun': 0, 'a sun': 0, 'rain falls': 1, 'cold rain': 1 });
  const validation = rows({ 'the rain': 1, 'the sun': 0, 'rain and rain': 1, 'sun and sun': 0, 'much rain': 1 });
  expect(baselinesOf({ train, validation, labelCount: 2 })).toEqual({
    majority: 2 / 5,
    majorityLabel: 0,
    bagOfWords: 1,
    fittedRows: 5,
  });
});

test('nothing to measure on, or nothing to fit: no baseline', () => {
  expect(baselinesOf({ train: rows({ a: 0 }), validation: [], labelCount: 2 })).toBeUndefined();
  expect(baselinesOf({ train: [], validation: rows({ a: 0 }), labelCount: 2 })).toBeUndefined();
});

test('of much text as many rows are fitted as take seconds, evenly spread', () => {
  const long = Array.from({ length: 400 }, (_, i) => ({
    text: (i % 2 === 0 ? 'even ' : 'odd ').repeat(20_000),
    label: i % 2,
  }));
  const found = baselinesOf({ train: long, validation: rows({ even: 0, odd: 1 }), labelCount: 2 })!;
  expect(found.fittedRows).toBeLessThan(400);
  expect(found.fittedRows).toBeGreaterThan(50);
  expect(found.bagOfWords).toBe(1);
});

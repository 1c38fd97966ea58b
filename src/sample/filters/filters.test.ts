import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Filter, limit, minP, repetitionPenalty, softmax, temperature, topK, topP } from './index.js';

const place = { position: 0, history: [] as number[] };
const log = (...probabilities: number[]) => Float32Array.from(probabilities, Math.log);
const kept = (filter: Filter, logits: Float32Array, history: number[] = []) =>
  [...filter(logits, { position: 0, history })].flatMap((logit, id) => (logit > Number.NEGATIVE_INFINITY ? [id] : []));

test('softmax of [0, ln 2, ln 5] is [1/8, 2/8, 5/8]', () => {
  const weights = softmax(Float32Array.of(0, Math.log(2), Math.log(5)));
  expect([...weights].map((p) => Number(p.toFixed(6)))).toEqual([0.125, 0.25, 0.625]);
});

test('temperature 0.5 squares the odds', () => {
  const weights = softmax(temperature(0.5)(log(1, 2, 3), place));
  expect([...weights].map((p) => Number(p.toFixed(5)))).toEqual(
    [1 / 14, 4 / 14, 9 / 14].map((p) => Number(p.toFixed(5))),
  );
});

test('a tiny temperature leaves the likeliest token and no NaN', () => {
  expect([...softmax(temperature(1e-38)(Float32Array.of(1e30, 5, -1e30), place))]).toEqual([1, 0, 0]);
});

test.each([
  [0, '0 1 2 3 4'],
  [1, '3'],
  [2, '3 1'],
  [3, '3 1 0 2'],
  [5, '0 1 2 3 4'],
  [9, '0 1 2 3 4'],
])('top-k %i of 0.1 0.3 0.1 0.45 0.05 keeps %s, ties included', (count, ids) => {
  expect(kept(topK(count), log(0.1, 0.3, 0.1, 0.45, 0.05))).toEqual(ids.split(' ').map(Number).sort());
});

test('top-k above 1024 sorts, and keeps the same tokens as one pass', () => {
  const logits = Float32Array.from({ length: 5000 }, (_, i) => Math.sin(i * 7.3) * 10);
  for (const count of [1, 40, 1024, 1025, 4999]) {
    const sorted = [...logits].sort((a, b) => b - a);
    expect(kept(topK(count), logits).length).toBe([...logits].filter((x) => x >= sorted[count - 1]!).length);
  }
});

test.each([
  [0.01, '3'],
  [0.45, '3'],
  [0.46, '3 1'],
  [0.74, '3 1'],
  [0.8, '3 1 0'],
  [0.9, '3 1 0 2'],
  [0.96, '3 1 0 2 4'],
  [1, '0 1 2 3 4'],
])('top-p %f of 0.1 0.3 0.1 0.45 0.05 keeps %s', (share, ids) => {
  expect(kept(topP(share), log(0.1, 0.3, 0.1, 0.45, 0.05))).toEqual(ids.split(' ').map(Number).sort());
});

test.each([
  [0, '0 1 2 3 4'],
  [0.1, '0 1 2 3 4'],
  [0.2, '0 1 2 3'],
  [0.5, '1 3'],
  [1, '3'],
])('min-p %f of 0.1 0.3 0.1 0.45 0.05 keeps %s', (share, ids) => {
  expect(kept(minP(share), log(0.1, 0.3, 0.1, 0.45, 0.05))).toEqual(ids.split(' ').map(Number));
});

test('the repetition penalty divides positive and multiplies negative logits, once a token', () => {
  const filtered = repetitionPenalty(2)(Float32Array.of(4, -4, 4, -4, 0), { position: 9, history: [0, 1, 0, 4, 99] });
  expect([...filtered]).toEqual([2, -8, 4, -4, 0]);
});

test('limit leaves out the ids that the tokenizer does not have', () => {
  expect(kept(limit(3), Float32Array.of(1, 2, 3, 9, 9))).toEqual([0, 1, 2]);
  expect(kept(limit(5), Float32Array.of(1, 2, 3, 9, 9))).toEqual([0, 1, 2, 3, 4]);
});

test('filters leave their input as it was', () => {
  const logits = Float32Array.of(1, -2, 3, 0.5);
  const before = [...logits];
  for (const filter of [temperature(0.5), topK(1), topP(0.1), minP(0.9), repetitionPenalty(2), limit(1)]) {
    filter(logits, { position: 0, history: [0, 1] });
    expect([...logits]).toEqual(before);
  }
});

interface Goldens {
  readonly logits: number[];
  readonly history: number[];
  readonly cases: { chain: Record<string, number>; probabilities: number[] }[];
}

const goldens = JSON.parse(readFileSync(join(__dirname, '../../../test/goldens/sampling.json'), 'utf8')) as Goldens;
const make: Record<string, (value: number) => Filter> = { temperature, topK, topP, minP, repetitionPenalty };

test.each(goldens.cases.map(({ chain, probabilities }) => [JSON.stringify(chain), chain, probabilities] as const))(
  'transformers gives the same probabilities for %s',
  (_, chain, probabilities) => {
    let logits: Float32Array = Float32Array.from(goldens.logits);
    for (const [name, value] of Object.entries(chain)) {
      logits = make[name]!(value)(logits, { position: 0, history: goldens.history });
    }
    const found = softmax(logits);
    expect([...found].map((p) => p > 0)).toEqual(probabilities.map((p) => p > 0));
    for (const [id, p] of probabilities.entries()) expect(found[id]).toBeCloseTo(p, 6);
  },
);

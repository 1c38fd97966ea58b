import type { Explanation } from '../explain.js';
import { type PageData, triangle } from './data.js';
import { explanationPage } from './page.js';

const token = (text: string, lens = false) => ({
  text,
  id: 1,
  bits: 1,
  probability: 0.5,
  rank: 1,
  top: [{ text, probability: 0.5 }],
  ...(lens && { lens: [{ text, probability: 0.5 }] }),
});
const explanation = (changes: Partial<Explanation>): Explanation => ({
  event: 'explanation',
  tokens: [token('a')],
  bits: 1,
  bitsPerByte: 1,
  notes: [],
  ...changes,
});
const dataOf = (page: string): PageData => JSON.parse(/id="data">([^<]*)</.exec(page)![1]!);

test('attention weights are kept as bytes of the lower triangle, head after head', () => {
  const head = (a: number) => [
    [1, 0],
    [a, 1 - a],
  ];
  const found = explanation({ attention: [[head(0.2), head(1)]], positions: ['x', 'y'] });
  const { attention } = dataOf(explanationPage(found, 'run'));
  expect({ ...attention, weights: [...Buffer.from(attention!.weights, 'base64')] }).toEqual({
    positions: ['x', 'y'],
    layers: 1,
    heads: 2,
    weights: [255, 51, 204, 255, 255, 0],
  });
  expect([triangle(2), triangle(5)]).toEqual([3, 15]);
});

test('text of any kind is data, not HTML', () => {
  const hostile = `</script><script>alert(1)</script>\u202e\u001b[2J${'x'.repeat(10_000)}`;
  const page = explanationPage(
    explanation({ tokens: [token(hostile)], classes: [{ text: hostile, probability: 1 }] }),
    `runs/<img src=x>`,
  );
  expect(page.match(/<script/g)).toHaveLength(2);
  expect(page).not.toContain('<img');
  expect(dataOf(page).tokens[0]!.text).toBe(hostile);
});

test('what is too large for a page is skipped, and the page says so', () => {
  const tokens = Array.from({ length: 5000 }, () => token('word', true));
  const few = dataOf(explanationPage(explanation({ tokens, notes: ['Something is skipped.'] }), 'run'));
  expect(few.tokens).toHaveLength(4000);
  expect(few.tokens[0]!.lens).toHaveLength(1);
  expect(few.notes).toEqual(['Something is skipped.', 'The first 4000 of 5000 tokens are shown.']);
  const deep = { ...token('word'), lens: Array.from({ length: 13 }, () => ({ text: 'x', probability: 1 })) };
  const { notes, tokens: shown } = dataOf(
    explanationPage(explanation({ tokens: Array.from({ length: 3000 }, () => deep) }), 'run'),
  );
  expect(shown[0]).not.toHaveProperty('lens');
  expect(notes[0]).toBe('The logit lens of 3000 tokens is too large for a page.');
});

test('a page is under 3 MB with as much attention as it shows', () => {
  const time = 128; // of 144 heads, as GPT-2 has them: 1.19 million weights
  const row = Array.from({ length: time }, (_, i) => i / time);
  const attention = Array.from({ length: 12 }, () => Array.from({ length: 12 }, () => Array(time).fill(row)));
  const positions = Array.from({ length: time }, () => 'word');
  const tokens = positions.map((text) => token(text, true));
  const page = explanationPage(explanation({ attention, positions, tokens }), 'run');
  expect(dataOf(page).attention).toBeDefined();
  expect(Buffer.byteLength(page)).toBeLessThan(3e6);
});

import { drawOf, visible } from './alternatives.js';

test('the likeliest tokens come first, of equal ones that with the lowest id; what was drawn is among them or not', () => {
  const logits = Float32Array.from([
    0,
    Math.log(4),
    Math.log(2),
    Math.log(4),
    ...Array(10).fill(Number.NEGATIVE_INFINITY),
  ]);
  const { drawn, likeliest } = drawOf(2, logits);
  expect(likeliest.map(({ id }) => id)).toEqual([1, 3, 2, 0, 4, 5, 6, 7]);
  expect(likeliest[0]!.probability).toBeCloseTo(4 / 11, 6);
  expect(drawn.id).toBe(2);
  expect(drawn.probability).toBeCloseTo(2 / 11, 6);
  expect(drawOf(13, logits).likeliest.some(({ id }) => id === 13)).toBe(false);
});

test('blanks, control characters and marks that turn text around are visible', () => {
  expect(visible(' the\n\t\u0007\u202e')).toBe('␣the⏎⇥\\u{7}\\u{202e}');
});

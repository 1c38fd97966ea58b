import { exactMatch, normalizeAnswer, wordF1 } from './answers.js';
import { meanOf } from './mean.js';

test('answers are compared without case, punctuation, articles and white space', () => {
  expect(normalizeAnswer('  The "Quick"  fox,\nan a\tant. ')).toBe('quick fox ant');
  expect(exactMatch('The Beatles!', ['stones', 'beatles'])).toBe(true);
  expect(exactMatch('The Beatles', ['Beatles 1'])).toBe(false);
});

test('articles are words, in any script', () => {
  expect(normalizeAnswer('theatre á a la')).toBe('theatre á la');
});

test('F1 counts each common word once, and takes the best answer', () => {
  // "a dog dog cat" is dog dog cat; against "dog cat bird" 2 words are common: 2 * 2 / (3 + 3)
  expect(wordF1('a dog dog cat', ['dog cat bird', 'wolf'])).toBeCloseTo(2 / 3, 12);
  expect(wordF1('wolf', ['dog cat bird', 'wolf'])).toBe(1);
  expect(wordF1('fox', ['dog'])).toBe(0);
  expect(wordF1('the', ['!'])).toBe(1); // nothing against nothing
  expect(wordF1('the', ['dog'])).toBe(0);
});

test('a standard error is that of the sample, and unknown of one value', () => {
  // of 1, 1, 0, 0: variance (4 * 0.25) / 3, over 4
  expect(meanOf([1, 1, 0, 0])).toEqual({ mean: 0.5, error: Math.sqrt(1 / 3 / 4) });
  expect(meanOf([1])).toEqual({ mean: 1, error: Number.NaN });
});

import { Random } from '../rng.js';
import { ngramBits } from './ngram.js';

const bytes = (text: string) => Buffer.from(text);

test('a byte that was seen once, by hand', () => {
  // (1 + 1 * 1/256) / (1 + 1): one byte counted, one kind of byte
  expect(ngramBits(bytes('a'), bytes('a'))).toBeCloseTo(-Math.log2((1 + 1 / 256) / 2), 12);
});

test('a byte after its context, by hand', () => {
  const first = (1 + 2 / 256) / 4; // two bytes counted, of two kinds
  // "a" is read by now: of three bytes one is a "b"; after "a" one byte was counted.
  const second = (1 + (1 + 2 / 256) / 5) / 2;
  expect(ngramBits(bytes('ab'), bytes('ab'))).toBeCloseTo(-(Math.log2(first) + Math.log2(second)) / 2, 12);
});

test('what was just read is expected again', () => {
  const [known, name] = [bytes('the king and the queen '), 'Xylophia '];
  const once = ngramBits(known, bytes(name));
  expect(ngramBits(known, bytes(name.repeat(10)))).toBeLessThan(0.4 * once);
});

test('random bytes cannot be predicted, repeated ones can', () => {
  const random = new Random(1);
  const noise = (length: number) => Uint8Array.from({ length }, () => random.integer(256));
  const known = noise(20_000);
  expect(ngramBits(known, noise(5000))).toBeGreaterThan(7.9);
  expect(ngramBits(known, known.subarray(5000, 6000))).toBeLessThan(1.5);
});

test('more text of a kind predicts the rest better', () => {
  const random = new Random(2);
  const words = ['the king ', 'a queen ', 'speaks of ', 'war ', 'and ', 'peace. '];
  const text = bytes(Array.from({ length: 3000 }, () => words[random.integer(words.length)]).join(''));
  const held = text.subarray(-2000);
  const [some, all] = [ngramBits(text.subarray(0, 300), held), ngramBits(text.subarray(0, -2000), held)];
  expect(all).toBeLessThan(some);
  const bytesPerWord = words.join('').length / words.length;
  expect(all).toBeGreaterThan(Math.log2(words.length) / bytesPerWord - 0.05); // the entropy of the draws
});

import fc from 'fast-check';
import { WordCounts } from './word-counts.js';

describe('counting words', () => {
  test('counts every word of a small text', () => {
    const counter = new WordCounts();
    counter.add({ text: 'a cat and a c', endOfDocument: false });
    counter.add({ text: 'at', endOfDocument: true });
    expect([...counter.counts]).toEqual([
      ['a', 1],
      [' cat', 2],
      [' and', 1],
      [' a', 1],
    ]);
  });

  test('a document ends a word', () => {
    const counter = new WordCounts();
    counter.add({ text: 'ab', endOfDocument: true });
    counter.add({ text: 'cd', endOfDocument: false });
    counter.finish();
    expect([...counter.counts.keys()]).toEqual(['ab', 'cd']);
  });

  test('a full table keeps the common words, the earliest among equals', () => {
    const counter = new WordCounts({ words: 4, chars: 1000, wordLength: 100 });
    counter.add({ text: 'p q q r s t', endOfDocument: true });
    expect([...counter.counts]).toEqual([
      ['p', 1],
      [' q', 2],
    ]);
  });

  test('what stays is the beginning of the list by count, within half the limits', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(40), fc.integer({ min: 1, max: 4 })), { minLength: 5, maxLength: 40 }),
        (draws) => {
          const limits = { words: 6, chars: 1000, wordLength: 100 };
          const counter = new WordCounts(limits);
          let model = new Map<string, number>();
          for (const [n, times] of draws) {
            for (let i = 0; i < times; i++) {
              const word = ` w${'x'.repeat(n)}`;
              counter.add({ text: word, endOfDocument: true });
              model.set(word, (model.get(word) ?? 0) + 1);
              if (model.size <= limits.words) continue;
              const kept = [...model].sort(([, a], [, b]) => b - a).slice(0, limits.words / 2);
              model = new Map([...model].filter(([word]) => kept.some(([same]) => same === word)));
            }
          }
          expect([...counter.counts]).toEqual([...model]);
        },
      ),
      { numRuns: 50 },
    );
  });

  test('memory stays bounded on words that never come again', () => {
    const counter = new WordCounts({ words: 1000, chars: 5000, wordLength: 100 });
    for (let i = 0; i < 20_000; i++) counter.add({ text: `the w${i.toString(36)}x `, endOfDocument: false });
    counter.finish();
    expect(counter.counts.size).toBeLessThanOrEqual(1000);
    expect(counter.counts.get(' the')).toBe(19_999);
  });

  test('an enormous word is counted in parts, and no surrogate pair is cut', () => {
    const counter = new WordCounts({ words: 100, chars: 100_000, wordLength: 5 });
    counter.add({ text: '😀'.repeat(7), endOfDocument: true });
    expect([...counter.counts]).toEqual([
      ['😀😀', 3],
      ['😀', 1],
    ]);
    const long = new WordCounts();
    for (let i = 0; i < 40; i++) long.add({ text: 'a'.repeat(100_000), endOfDocument: false });
    long.finish();
    expect([...long.counts].reduce((sum, [word, count]) => sum + word.length * count, 0)).toBe(4_000_000);
    expect(long.counts.get('a'.repeat(4096))).toBeGreaterThan(970);
  });
});

import fc from 'fast-check';
import { type Merges, mergeWord } from './merge.js';
import { PairIndex } from './pair-index.js';

function makeMerges(rules: readonly (readonly [number, number, number])[]): Merges {
  const pairs = new PairIndex();
  const merged = new Int32Array(rules.length);
  for (const [left, right, result] of rules) merged[pairs.add(left, right)] = result;
  return { pairs, merged };
}

/** The definition: the pair of lowest rank, leftmost, until none is left. */
function plain(word: readonly number[], { pairs, merged }: Merges): number[] {
  const ids = [...word];
  for (;;) {
    let best = -1;
    for (let i = 0; i + 1 < ids.length; i++) {
      const rank = pairs.find(ids[i]!, ids[i + 1]!);
      const least = best < 0 ? Infinity : pairs.find(ids[best]!, ids[best + 1]!);
      if (rank >= 0 && rank < least) best = i;
    }
    if (best < 0) return ids;
    ids.splice(best, 2, merged[pairs.find(ids[best]!, ids[best + 1]!)]!);
  }
}

function merge(word: readonly number[], merges: Merges): number[] {
  const ids = Int32Array.from(word);
  return [...ids.slice(0, mergeWord(ids, ids.length, merges))];
}

describe('merging a word', () => {
  const rule = fc.tuple(fc.nat(9), fc.nat(9), fc.nat(9));
  const rules = fc.uniqueArray(rule, { maxLength: 30, selector: ([left, right]) => left * 10 + right });

  test.each([
    ['short', 0, 48],
    ['long', 49, 120],
  ])('a %s word becomes what the definition says', (_, minLength, maxLength) => {
    fc.assert(
      fc.property(fc.array(fc.nat(4), { minLength, maxLength }), rules, (word, made) => {
        const merges = makeMerges(made);
        expect(merge(word, merges)).toEqual(plain(word, merges));
      }),
      { numRuns: 100 },
    );
  });

  test('a word ten times as long takes no hundred times as long', () => {
    const merges = makeMerges([
      [0, 0, 1],
      [1, 1, 2],
      [2, 2, 3],
    ]);
    const seconds = (length: number) => {
      const ids = new Int32Array(length);
      const before = performance.now();
      expect(mergeWord(ids, length, merges)).toBe(length / 8);
      return performance.now() - before;
    };
    seconds(16_000); // warms up
    const short = Math.max(...[0, 1, 2].map(() => seconds(16_000)));
    const long = Math.min(...[0, 1, 2].map(() => seconds(160_000)));
    expect(long / short).toBeLessThan(40);
  });
});

describe('PairIndex', () => {
  test('numbers pairs in the order they come, and finds them again', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(60), fc.integer({ min: 0, max: 2 ** 31 - 1 })), { maxLength: 400 }),
        (pairs) => {
          const index = new PairIndex(1);
          const order = new Map<string, number>();
          for (const [left, right] of pairs) {
            const key = `${left},${right}`;
            expect(index.find(left, right)).toBe(order.get(key) ?? -1);
            if (!order.has(key)) order.set(key, order.size);
            expect(index.add(left, right)).toBe(order.get(key));
          }
          expect(index.size).toBe(order.size);
        },
      ),
      { numRuns: 50 },
    );
  });
});

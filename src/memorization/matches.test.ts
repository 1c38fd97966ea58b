import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { spanOf } from '../dataset/index.js';
import { coveredTokens, findMatches, type Match } from './matches.js';
import { buildNgramIndex, NgramIndex } from './ngram-index.js';

const folder = mkdtempSync(join(tmpdir(), 'gpt-cli-ngrams-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const path = join(folder, 'ngrams.bin');

async function search(text: number[], tokens: number[], minMatch: number, gram: number, chunk = 5): Promise<Match[]> {
  const span = spanOf(tokens);
  await buildNgramIndex(span, path, { gram, sha256: 'x', chunk });
  const index = NgramIndex.open(path, { sha256: 'x', tokens: tokens.length }, minMatch)!;
  try {
    return findMatches(text, span, index, minMatch);
  } finally {
    index.close();
  }
}

const standsAt = (tokens: number[], passage: number[], at: number) => passage.every((id, i) => tokens[at + i] === id);
const placesOf = (tokens: number[], passage: number[]) =>
  tokens.map((_, at) => at).filter((at) => standsAt(tokens, passage, at));

/** By the definition: passages that occur, and occur no more when they are a token longer. */
function bruteForce(text: number[], tokens: number[], minMatch: number): Match[] {
  const occurs = (from: number, to: number) =>
    from >= 0 && to <= text.length && placesOf(tokens, text.slice(from, to)).length > 0;
  const matches: Match[] = [];
  for (let start = 0; start < text.length; start++) {
    for (let end = start + minMatch; end <= text.length; end++) {
      if (!occurs(start, end) || occurs(start - 1, end) || occurs(start, end + 1)) continue;
      const positions = placesOf(tokens, text.slice(start, end));
      const length = end - start;
      matches.push({ start, length, occurrences: positions.length, positions: positions.slice(0, 5) });
    }
  }
  return matches;
}

const sorted = (matches: readonly Match[]) =>
  matches.map((match) => ({ ...match, positions: [...match.positions].sort((a, b) => a - b) }));

test('matches are those of a search by brute force', async () => {
  const ids = (max: number) => fc.array(fc.integer({ min: 0, max }), { minLength: 0, maxLength: 60 });
  // Texts that share passages: pieces of the tokens with other tokens between them.
  const cases = fc.integer({ min: 1, max: 3 }).chain((max) =>
    fc.record({
      tokens: ids(max),
      pieces: fc.array(fc.tuple(fc.nat(59), fc.nat(40), fc.nat(max)), { maxLength: 4 }),
      minMatch: fc.integer({ min: 3, max: 12 }),
    }),
  );
  await fc.assert(
    fc.asyncProperty(cases, fc.integer({ min: 1, max: 7 }), async ({ tokens, pieces, minMatch }, chunk) => {
      const text = pieces.flatMap(([at, length, id]) => [...tokens.slice(at, at + length), id]);
      const gram = (minMatch + 1) >> 1;
      const found = await search(text, tokens, minMatch, gram, chunk);
      const expected = bruteForce(text, tokens, minMatch);
      // Of more than five places any five are kept.
      const rare = (matches: readonly Match[]) => sorted(matches).filter(({ occurrences }) => occurrences <= 5);
      expect(rare(found)).toEqual(rare(expected));
      const counts = (matches: readonly Match[]) =>
        matches.map(({ start, length, occurrences }) => [start, length, occurrences]);
      expect(counts(found)).toEqual(counts(expected));
    }),
    { numRuns: 300 },
  );
}, 60_000);

test('worked by hand: two passages that overlap, one of them at two places', async () => {
  //              0  1  2  3  4  5  6  7  8  9 10 11 12 13 14
  const tokens = [9, 1, 2, 3, 4, 5, 8, 3, 4, 5, 6, 7, 9, 9, 9, 3, 4, 5, 6, 7];
  const text = [0, 1, 2, 3, 4, 5, 6, 7, 0];
  const found = await search(text, tokens, 5, 3);
  expect(sorted(found)).toEqual([
    { start: 1, length: 5, occurrences: 1, positions: [1] },
    { start: 3, length: 5, occurrences: 2, positions: [7, 15] },
  ]);
  expect(coveredTokens(found)).toBe(7);
  expect(await search(text, tokens, 6, 3)).toEqual([]);
});

test('an n-gram that stands at more than 16,384 indexed places is skipped; rarer ones find what it is a part of', async () => {
  const many = new Array(4 * 17000).fill(1);
  expect(await search([1, 1, 1, 1, 1, 1, 1, 1], many, 7, 4, 1 << 20)).toEqual([]);
  const text = [1, 1, 1, 1, 1, 2, 3, 4, 5];
  const found = await search(text, [...many, 2, 3, 4, 5], 7, 4, 1 << 20);
  expect(found).toEqual([{ start: 0, length: 9, occurrences: 1, positions: [many.length - 5] }]);
});

test('an index of other tokens, of longer n-grams, or a damaged one is not opened', async () => {
  const span = spanOf(Array.from({ length: 100 }, (_, i) => i % 7));
  const of = { sha256: 'x', tokens: 100 };
  await buildNgramIndex(span, path, { gram: 4, sha256: 'x' });
  const opens = (what: typeof of, minMatch: number) => {
    const index = NgramIndex.open(path, what, minMatch);
    index?.close();
    return index !== undefined;
  };
  expect(opens(of, 7)).toBe(true);
  expect(opens(of, 20)).toBe(true);
  expect(opens(of, 6)).toBe(false);
  expect(opens({ ...of, sha256: 'y' }, 7)).toBe(false);
  expect(opens({ ...of, tokens: 99 }, 7)).toBe(false);
  const whole = readFileSync(path);
  truncateSync(path, whole.length - 8);
  expect(opens(of, 7)).toBe(false);
  writeFileSync(path, Buffer.alloc(whole.length, 0xff));
  expect(opens(of, 7)).toBe(false);
  writeFileSync(path, '');
  expect(opens(of, 7)).toBe(false);
});

test('a build that is aborted leaves no file', async () => {
  rmSync(path);
  const signal = AbortSignal.abort(new Error('stop'));
  await expect(buildNgramIndex(spanOf([1, 2, 3]), path, { gram: 1, sha256: 'x', signal })).rejects.toThrow('stop');
  expect(NgramIndex.open(path, { sha256: 'x', tokens: 3 }, 1)).toBeUndefined();
});

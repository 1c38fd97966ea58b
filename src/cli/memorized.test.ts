import type { MemorizationEvent, Passage } from '../events.js';
import { typed } from './fixtures.js';
import { memorizationLines, memorizedLines } from './memorized.js';

const place = { source: 'book.txt', document: 1, line: 12, byte: 3456 };
const passage: Passage = { start: 0, length: 20, text: 'a\n"b"', occurrences: 1, places: [place] };

test('passages of a sample: how long, how often, where', () => {
  const often = {
    ...passage,
    length: 7,
    occurrences: 1234,
    text: 'x'.repeat(200),
    places: [{ ...place, document: 2 }],
  };
  const unknown = { ...passage, occurrences: 3, places: [{ document: 5, line: 1, byte: 0 }] };
  const memorized = { minMatch: 7, tokens: 100, memorizedTokens: 47, passages: [passage, often, unknown] };
  const [heading, ...lines] = memorizedLines(memorized);
  expect(heading).toBe('memorized: 47 of 100 tokens occur in the training text, in passages of 7 tokens or more');
  expect(lines).toEqual([
    '20 tokens  once                          book.txt, line 12, byte 3,456                 "a\\n\\"b\\""',
    ` 7 tokens  1,234 times, a common phrase  book.txt, line 12, byte 3,456 and 1,233 more  "${'x'.repeat(97)}..."`,
    '20 tokens  3 times                       document 5, line 1, byte 0 and 2 more         "a\\n\\"b\\""',
  ]);
  expect(memorizedLines({ ...memorized, passages: [] })).toEqual(['memorized: no passage of 7 tokens or more']);
});

test('the result of an evaluation', () => {
  const extraction = {
    samples: 100,
    promptTokens: 50,
    continuationTokens: 50,
    extracted: 12,
    rate: 0.12,
    matchedTokens: 9.25,
  };
  const { start: _, ...written } = { ...passage, samples: 2 };
  const event: MemorizationEvent = {
    ...{ event: 'memorization', minMatch: 21, extraction, heldOut: { ...extraction, extracted: 0, rate: 0 } },
    generated: { samples: 100, tokens: 20000, memorizedTokens: 1500, share: 0.075, longest: 20 },
    passages: [written],
  };
  expect(memorizationLines(event)).toEqual([
    'prompts        up to 50 tokens each; the next 50 are compared',
    'training text  12 of 100 passages (12.0 %) continued verbatim, 9.3 tokens on average',
    'held-out text  0 of 100 passages (0.0 %) continued verbatim, 9.3 tokens on average',
    'unprompted     1,500 of 20,000 tokens in 100 samples (7.5 %) occur in the training text, in passages of 21 or more',
    'longest        20 tokens',
    '',
    '20 tokens  once  book.txt, line 12, byte 3,456  "a\\n\\"b\\""',
  ]);
});

test.each([
  ['eval r --memorized --min-match 3', '--min-match must be a whole number from 7 to 100000, got "3"'],
  ['eval r --memorized --num-samples 0', '--num-samples must be a whole number from 1 to 1000000, got "0"'],
  ['eval r --memorized --prompt-tokens x', '--prompt-tokens must be a whole number from 1 to 1000000, got "x"'],
  ['eval r x.txt --num-samples 3', '--num-samples has a meaning only with --memorized'],
  ['eval r', "missing required argument 'data' (see gpt-cli eval --help)"],
  ['sample r --min-match 20', 'min-match has no effect without check-memorized (add --check-memorized)'],
  ['sample r --check-memorized --min-match 6', '"min-match" must be a whole number'],
])('%s', async (line, message) => {
  const { code, err } = await typed(line);
  expect(code).toBe(2);
  expect(err).toContain(message);
});

import type { Session } from '../session/session.js';
import { byteTokenizer } from '../tokenizer/index.js';
import { attributionOperations, extentOf, type Parts } from './extent.js';

/** A model of 100 M parameters with 12 blocks of 12 heads. */
const session = (labels?: readonly string[]) =>
  ({
    tokenizer: byteTokenizer(),
    labels,
    specs: [{ shape: [1000, 100_000] }],
    gpt: { config: { vocabSize: 257, blockSize: 512, nLayer: 12, nHead: 12 } },
  }) as unknown as Session;

const extent = (options: Parts, labels?: readonly string[]) => extentOf(session(labels), options);
const words = 'The text is too long to explain its words in a few seconds; --attribution does it.';
const attention = 'The text is too long for its attention on a page.';

test('operations worked by hand: 33 gradients and 12 predictions of 10 tokens', () => {
  expect(attributionOperations(session(), 10)).toBe(2 * 1e8 * 10 * (3 * 33 + 12));
});

test('everything is everything for a short text, and as much as takes seconds for a long one', () => {
  const short = extent({ text: 'a'.repeat(20), everything: true });
  expect(short.options).toMatchObject({ lens: true, heads: true, attention: true, attribution: true });
  expect(short.notes).toEqual([]);
  const long = extent({ text: 'a'.repeat(200), everything: true });
  expect(long.options).toMatchObject({ lens: true, heads: true, attention: false, attribution: false });
  expect(long.notes).toEqual([words, attention]);
  const beyond = extent({ text: 'a'.repeat(600), everything: true });
  expect(beyond.notes).toEqual(['The text is too long to explain its words in a few seconds.', attention]);
});

test('what is named is done, however long it takes', () => {
  const { options, notes } = extent({ text: 'a'.repeat(200), everything: true, attribution: true, attention: true });
  expect(options).toMatchObject({ attribution: true, attention: true });
  expect(notes).toEqual([]);
  expect(extent({ text: 'a'.repeat(200), targets: ['b'] }).options.attribution).toBe(true);
});

test('a language model is only asked for words when that is named, a classifier unless it takes long', () => {
  expect(extent({ text: 'a' })).toMatchObject({ options: { attribution: false }, notes: [] });
  expect(extent({ text: 'a' }, ['x', 'y']).options.attribution).toBe(true);
  expect(extent({ text: 'a'.repeat(200) }, ['x', 'y'])).toMatchObject({
    options: { attribution: false },
    notes: [words],
  });
  expect(extent({ text: 'a', against: 'b' }, ['x', 'y']).options.attribution).toBe(false);
  expect(extent({ text: 'a', against: 'b', everything: true }).options.attribution).toBe(true);
});

test('scores of heads need a context, and no text', () => {
  expect(extent({ everything: true })).toMatchObject({ options: { heads: true, attribution: false }, notes: [] });
});

import { readFileSync } from 'node:fs';
import { cl100kPatterns } from './cl100k-words.js';
import { parseTokenizer } from './parse.js';
import { makePreTokenizer } from './pre-tokenizer.js';

type Json = Record<string, unknown>;

const byteLevel = (options: Json = {}) => ({ type: 'ByteLevel', add_prefix_space: false, ...options });
const split = (regex: string, behavior = 'Isolated', invert = false) => ({
  type: 'Split',
  pattern: { Regex: regex },
  behavior,
  invert,
});
const sequence = (...pretokenizers: Json[]) => ({ type: 'Sequence', pretokenizers });

function words(json: unknown, text: string, before?: string): string[] {
  const found: string[] = [];
  makePreTokenizer(json, 'file.json')(text, (word) => found.push(word), before);
  return found;
}

describe('a prefix space', () => {
  const prefixed = byteLevel({ add_prefix_space: true });

  test('is added where a text begins, not where a piece of it does', () => {
    expect(words(prefixed, 'one\ntwo')).toEqual([' one', '\n', 'two']);
    expect(words(prefixed, '\ntwo', 'one')).toEqual(['\n', 'two']);
    expect(words(prefixed, 'two', '')).toEqual([' two']);
  });

  test('follows every word of the stages before, whole or in pieces', () => {
    const digits = sequence({ type: 'Digits', individual_digits: false }, { ...prefixed, use_regex: false });
    const whole = words(digits, 'ab12\ncd');
    expect(whole).toEqual([' ab', ' 12', ' \ncd']);
    expect([...words(digits, 'ab12'), ...words(digits, '\ncd', '2')]).toEqual(whole);
    expect(words(digits, '\ncd', 'b')).toEqual(['\ncd']); // Digits leaves b\ncd in one piece
    const removed = sequence(split('-', 'Removed'), { ...prefixed, use_regex: false });
    expect(words(removed, 'b', '-')).toEqual([' b']);
    expect(words(removed, 'b', 'a')).toEqual(['b']);
  });
});

describe('a pattern', () => {
  test('that backtracks without end is an error that names it, soon', () => {
    const begin = Date.now();
    const slow = sequence(split('(a+)+$'), byteLevel({ use_regex: false }));
    expect(() => words(slow, `${'a'.repeat(40)}b`)).toThrow(
      expect.objectContaining({
        code: 'tokenizer/slow-pattern',
        message: expect.stringMatching(/^file\.json: the pattern "\(a\+\)\+\$" takes more than 2 s .* 41 characters$/),
      }),
    );
    expect(Date.now() - begin).toBeLessThan(5000);
    expect(words(slow, 'aab')).toEqual(['aab']); // and the next text is split as if nothing had been
  });

  test.each([
    ['Isolated', false],
    ['Removed', true],
  ] as const)('of cl100k has the same words as scanner and as regular expression (%s)', (behavior, invert) => {
    const golden = JSON.parse(readFileSync('test/goldens/tokenizer/encoding.json', 'utf8'));
    const llama = golden.cases.find(({ name }: Json) => name === 'Llama 3').file.pre_tokenizer.pretokenizers[0];
    expect(cl100kPatterns.has(llama.pattern.Regex)).toBe(true);
    const known = sequence({ ...llama, behavior, invert }, byteLevel({ use_regex: false }));
    const unknown = sequence(split(`(?:${llama.pattern.Regex})`, behavior, invert), byteLevel({ use_regex: false }));
    for (const text of golden.strings) expect(words(known, text)).toEqual(words(unknown, text));
    expect(() =>
      parseTokenizer({ model: { type: 'BPE', vocab: { a: 0 }, merges: [] }, pre_tokenizer: known }, 'x'),
    ).not.toThrow();
  });
});

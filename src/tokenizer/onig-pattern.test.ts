import { compilePattern } from './onig-pattern.js';

function matches(pattern: string, text: string): string[] {
  return [...text.matchAll(compilePattern(pattern))].map((found) => found[0]);
}

describe("Oniguruma's patterns in JavaScript", () => {
  test.each([
    ['\\s', 'a\u0085\ufeff b', ['\u0085', ' ']],
    ['[^\\s]+', 'a\u0085b\u00a0c', ['a', 'b', 'c']],
    ['(?i:k|s)t', 'kt \u212at st ſT', ['kt', '\u212at', 'st']],
    ['(?i:[a-s]+)', 'aSſtK', ['aSſ', 'K']],
    ['(?i)ab|cd', 'AB cD', ['AB', 'cD']],
    ['a(?i)b', 'aB AB', ['aB']],
    ['a++b', 'aab', ['aab']],
    ['a++a', 'aaa', []],
    ['(?>a|ab)c', 'abc ac', ['ac']],
    ['\\p{N}{1,3}', '12345', ['123', '45']],
    ['\\p{Han}+|\\p{IsGreek}', '中文λx', ['中文', 'λ']],
    ['\\p{^L}+', 'a12b', ['12']],
    ['[a\\-z]+', 'a-zb', ['a-z']],
    ['[-a]+', '-ab-', ['-a', '-']],
    ['[\\p{L}-]+', 'a-b.', ['a-b']],
    ['[!"#\\-\\]]+', 'x!"]-y', ['!"]-']],
    ['\\x{1F600}|\\x41', '😀A', ['😀', 'A']],
    ['\\w+', 'a_1é-b', ['a_1é', 'b']],
    ['a.c', 'a\rc a\nc', ['a\rc']],
    ['^b$', 'a\nb\nc', ['b']],
    ['a{2}', 'aaaa', ['aa', 'aa']],
    ['<|>|/', '</>', ['<', '/', '>']],
  ])('%s in %j', (pattern, text, expected) => {
    expect(matches(pattern, text)).toEqual(expected.filter((found) => found !== ''));
  });

  test.each(['(?m:a)', '[[:alpha:]]', '[a&&b]', '\\p{Nonsense}', '\\k', '(a', 'a)', '[a', '*a', '(?i:ä)', '\\'])(
    '%s is an error that shows it',
    (pattern) => {
      expect(() => compilePattern(pattern)).toThrow(
        expect.objectContaining({
          code: 'tokenizer/pattern',
          message: expect.stringContaining(JSON.stringify(pattern)),
        }),
      );
    },
  );
});

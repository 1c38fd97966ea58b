import fc from 'fast-check';
import { cl100kPatterns, eachCl100kWord } from './cl100k-words.js';
import { compilePattern } from './onig-pattern.js';
import { anyText } from './random-text.testing.js';

const cases = [...cl100kPatterns].map(([pattern, digits]) => [digits, compilePattern(pattern)] as const);

function words(text: string, digits: number): string[] {
  const found: string[] = [];
  eachCl100kWord(text, digits, (word) => found.push(word));
  return found;
}

/** Pieces at which the pattern decides: contractions, line ends, blanks, digits, symbols. */
const piece = fc.constantFrom(
  ...["'", 's', 'S', 'ſ', 'LL', "'Ve", '\r', '\n', ' ', '\t', '\u0085', '12', '٣', '!', '😀', '\ud800', '小', 'a'],
);
const tricky = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''));

describe.each(cases)('the scanner of cl100k with words of %s digits', (digits, regex) => {
  test('splits as its regular expression does', () => {
    fc.assert(
      fc.property(fc.oneof(anyText(), tricky), (text) => {
        expect(words(text, digits)).toEqual(text.match(regex) ?? []);
      }),
      { numRuns: 3000 },
    );
  });

  test('classifies every code point as the regular expression does', () => {
    for (let code = 0; code < 0xe0200; code++) {
      if (code === 0x32400) code = 0xe0000; // unassigned between
      const text = `a${String.fromCodePoint(code)}1`;
      if (words(text, digits).length !== text.match(regex)!.length) throw new Error(`U+${code.toString(16)}`);
    }
  });
});

test('the scanners split contractions, digits and line ends', () => {
  expect(words("It'S 12345 a\n\n b  c!\r\n", 3)).toEqual([
    'It',
    "'S",
    ' ',
    '123',
    '45',
    ' a',
    '\n\n',
    ' b',
    ' ',
    ' c',
    '!\r\n',
  ]);
  expect(words('x 123', 1)).toEqual(['x', ' ', '1', '2', '3']);
});

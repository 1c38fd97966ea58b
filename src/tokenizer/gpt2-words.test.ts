import fc from 'fast-check';
import { eachGpt2Word, lastGpt2Cut } from './gpt2-words.js';
import { anyText } from './random-text.testing.js';

const regex =
  /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\p{White_Space}\p{L}\p{N}]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu;

function words(text: string): string[] {
  const found: string[] = [];
  eachGpt2Word(text, (word) => found.push(word));
  return found;
}

describe('the GPT-2 word scanner', () => {
  test.each([
    ["it's they'll 'S", ['it', "'s", ' they', "'ll", " '", 'S']],
    ['a  b\n\nc ', ['a', ' ', ' b', '\n', '\n', 'c', ' ']],
    ['x=12;', ['x', '=', '12', ';']],
    ['小猫 👩‍👩‍👧!', ['小猫', ' 👩‍👩‍👧!']],
    ["'", ["'"]],
    ["'l", ["'", 'l']],
  ])('splits %j', (text, expected) => {
    expect(words(text)).toEqual(expected);
  });

  test('splits as its regular expression does', () => {
    fc.assert(
      fc.property(anyText(), (text) => {
        expect(words(text)).toEqual(text.match(regex) ?? []);
      }),
      { numRuns: 500 },
    );
  });

  test('classifies every code point as the regular expression does', () => {
    for (let code = 0; code < 0xe0200; code++) {
      if (code === 0x32400) code = 0xe0000; // unassigned between
      const text = `a${String.fromCodePoint(code)}1`;
      const found = text.match(regex)!;
      if (words(text).length !== found.length) throw new Error(`U+${code.toString(16)}`);
    }
  });

  test('a cut gives the words of the whole, whatever follows', () => {
    fc.assert(
      fc.property(anyText(), anyText(8), (text, more) => {
        const cut = lastGpt2Cut(text);
        expect([...words(text.slice(0, cut)), ...words(text.slice(cut) + more)]).toEqual(words(text + more));
      }),
      { numRuns: 500 },
    );
  });

  test('finds a cut in prose, in code and in Chinese', () => {
    expect(lastGpt2Cut('The cat said')).toBe('The cat'.length);
    expect(lastGpt2Cut('return x;\n  ')).toBe('return x;'.length);
    expect(lastGpt2Cut('小猫坐在窗台上，看着外面')).toBe('小猫坐在窗台上'.length);
    expect(lastGpt2Cut('word')).toBe(0);
  });
});

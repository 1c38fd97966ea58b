import { type AddedToken, AddedTokens, specialAddedToken } from './added-tokens.js';

const flags = { special: false, lstrip: false, rstrip: false, singleWord: false, normalized: false };
const token = (id: number, content: string, more: Partial<AddedToken> = {}) => ({ id, content, ...flags, ...more });

/** The stretches and ids of a text; a stretch at which the text begins has a ^. */
function split(tokens: AddedTokens, text: string): (string | number)[] {
  const found: (string | number)[] = [];
  tokens.split(text, false, {
    text: (stretch, start) => found.push(start ? `^${stretch}` : stretch),
    token: (id) => found.push(id),
  });
  return found;
}

describe('added tokens', () => {
  test('lstrip and rstrip take Unicode White_Space along: U+0085, but not U+FEFF', () => {
    const tokens = new AddedTokens([token(1, '<m>', { lstrip: true, rstrip: true })]);
    expect(split(tokens, 'a\u0085\u2003<m>\u0085\u00a0b')).toEqual(['^a', 1, 'b']);
    expect(split(tokens, 'a\ufeff<m>\ufeffb')).toEqual(['^a\ufeff', 1, '\ufeffb']);
  });

  test('normalized ones are found in the normalized text, others in the text as it is', () => {
    const nfc = (text: string) => text.normalize('NFC');
    const tokens = new AddedTokens([token(1, 'e\u0301', { normalized: true }), token(2, 'n\u0303')], nfc);
    expect(split(tokens, 'aé e\u0301 ñ n\u0303')).toEqual(['^a', 1, ' ', 1, ' ñ ', 2]);
  });

  test('only a stretch with nothing before it begins the text', () => {
    expect(split(new AddedTokens([token(1, '<m>')]), 'a<m>b')).toEqual(['^a', 1, 'b']);
    expect(split(new AddedTokens([token(1, '<m>')]), '<m>b')).toEqual([1, 'b']);
    const tokens = new AddedTokens([token(1, '<m>'), token(2, 'x', { normalized: true })], (text) => text);
    expect(split(tokens, 'axb<m>c')).toEqual(['^a', 2, 'b', 1, 'c']);
  });

  test('a single word is not touched by letters, digits, joiners or marks', () => {
    const tokens = new AddedTokens([token(1, 'cat', { singleWord: true })]);
    expect(split(tokens, 'cat')).toEqual([1]);
    for (const text of ['cats', 'a cat\u200d', '_cat', 'cat\u0301', 'ⓐcat'])
      expect(split(tokens, text)).toEqual([`^${text}`]);
  });
});

test.each(['a', ' ', '喜'])(
  'an added token that is too long for a pattern is refused: %j, two million times',
  (character) => {
    const make = () => new AddedTokens([specialAddedToken(0, character.repeat(2_000_000))]);
    expect(make).toThrow(expect.objectContaining({ code: 'tokenizer/format' }));
  },
);

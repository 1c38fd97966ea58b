import { byteTokenizer } from './byte.js';
import { trainCharTokenizer } from './char-train.js';
import { parseTokenizer } from './parse.js';
import type { TextPiece } from './types.js';

async function* from(...pieces: [string, boolean][]): AsyncGenerator<TextPiece> {
  for (const [text, endOfDocument] of pieces) yield { text, endOfDocument };
}

describe('the character tokenizer', () => {
  test('ids are the characters by code point, then <|endoftext|>, then the bytes', async () => {
    const tokenizer = await trainCharTokenizer(from(['b😀a\uff01\n', true]));
    expect([...tokenizer.encode('\nab！😀')]).toEqual([0, 1, 2, 3, 4]);
    expect(tokenizer.endOfText).toBe(5);
    expect(tokenizer.vocabSize).toBe(5 + 1 + 256);
    expect([...tokenizer.encode('é')]).toEqual([6 + 0xc3, 6 + 0xa9]);
    expect(tokenizer.decode([6 + 0xc3, 6 + 0xa9, 1])).toBe('éa');
  });

  test('a model needs a row for <|endoftext|> only if it stands between documents', async () => {
    for (const [pieces, size] of [
      [[['ab', true]], 2],
      [
        [
          ['a', false],
          ['b', false],
        ],
        2,
      ],
      [
        [
          ['a', true],
          ['', true],
        ],
        1,
      ],
      [
        [
          ['a', true],
          ['b', true],
        ],
        3,
      ],
      [
        [
          ['a', true],
          ['', false],
          ['b', false],
        ],
        3,
      ],
    ] as [[string, boolean][], number][]) {
      const tokenizer = await trainCharTokenizer(from(...pieces));
      expect(tokenizer.modelVocabSize).toBe(size);
      expect(parseTokenizer(JSON.parse(JSON.stringify(tokenizer.toJSON())), 'x').modelVocabSize).toBe(size);
    }
  });

  test('a surrogate pair may be cut between pieces, a lone half is U+FFFD', async () => {
    const pair = await trainCharTokenizer(from(['\ud83d', false], ['\ude00', true]));
    expect([...pair.encode('😀')]).toEqual([0]);
    const halves = await trainCharTokenizer(from(['\ud83d', true], ['\ude00', false]));
    expect([...halves.encode('\ufffd')]).toEqual([0]);
    expect([...halves.encode('\ud83d')]).toEqual([0]);
    expect(halves.endOfText).toBe(1);
  });

  test('an empty text is refused', async () => {
    await expect(trainCharTokenizer(from(['', true]))).rejects.toMatchObject({ code: 'tokenizer/empty' });
  });

  test('without its key a file is taken to need <|endoftext|>', async () => {
    const tokenizer = await trainCharTokenizer(from(['ab', true]));
    const json = JSON.parse(JSON.stringify(tokenizer.toJSON()));
    json.model.several_documents = undefined;
    expect(parseTokenizer(json, 'x').modelVocabSize).toBe(3);
  });

  test('a file without all its bytes, or with longer tokens, is refused', async () => {
    const json = JSON.parse(JSON.stringify((await trainCharTokenizer(from(['ab', true]))).toJSON()));
    const without = structuredClone(json);
    without.model.vocab['<0x41>'] = undefined;
    expect(() => parseTokenizer(JSON.parse(JSON.stringify(without)), 'f.json')).toThrow(
      expect.objectContaining({ code: 'tokenizer/format' }),
    );
    json.model.vocab.abc = 259;
    expect(() => parseTokenizer(json, 'f.json')).toThrow(expect.objectContaining({ code: 'tokenizer/type' }));
  });
});

describe('the byte tokenizer', () => {
  test('ids are the UTF-8 bytes', () => {
    const tokenizer = byteTokenizer();
    expect([...tokenizer.encode('aé中')]).toEqual([0x61, 0xc3, 0xa9, 0xe4, 0xb8, 0xad]);
    expect([tokenizer.vocabSize, tokenizer.modelVocabSize, tokenizer.endOfText]).toEqual([257, 257, 256]);
  });

  test('a text of any length is its bytes', () => {
    const text = `${'😀中a'.repeat(30_000)}\ud800`;
    expect(Buffer.from(byteTokenizer().encode(text)).equals(Buffer.from(text))).toBe(true);
  });
});

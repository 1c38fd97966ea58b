import { readFileSync } from 'node:fs';
import { byteTokenizer } from './byte.js';
import { byteName } from './char.js';
import { trainCharTokenizer } from './char-train.js';
import { addedTokenJson, tokenizerJson } from './hf-json.js';
import { parseTokenizer } from './parse.js';
import { tokenizerConfig } from './tokenizer-config.js';
import type { TextPiece } from './types.js';

async function* from(...pieces: [string, boolean][]): AsyncGenerator<TextPiece> {
  for (const [text, endOfDocument] of pieces) yield { text, endOfDocument };
}

describe('the character tokenizer', () => {
  test('ids are the characters by code point, then <|unk|>, then <|endoftext|>', async () => {
    const tokenizer = await trainCharTokenizer(from(['b😀a\uff01\n', true]));
    expect([...tokenizer.encode('\nab！😀')]).toEqual([0, 1, 2, 3, 4]);
    expect([tokenizer.unknown, tokenizer.endOfText, tokenizer.vocabSize]).toEqual([5, 6, 7]);
  });

  test('an unknown character is one token, which decodes to nothing', async () => {
    const tokenizer = await trainCharTokenizer(from(['ab', true]));
    expect([...tokenizer.encode('aéb😀\ud800')]).toEqual([0, 2, 1, 2, 2]);
    expect(tokenizer.decode([0, 2, 1])).toBe('ab');
    expect(tokenizer.decode([0, 2, 1], { special: true })).toBe('a<|unk|>b');
    expect(tokenizer.bytesOf(2)).toHaveLength(0);
    expect([...tokenizer.encode('<|unk|>', { special: true })]).toEqual([2]);
    expect(tokenizerConfig(tokenizer, 8)).toMatchObject({ unk_token: '<|unk|>', eos_token: '<|endoftext|>' });
    const { unknown } = parseTokenizer(JSON.parse(JSON.stringify(tokenizer.toJSON())), 'x');
    expect(unknown).toBe(2);
  });

  test("its file is that of HF's tokenizers, with the same ids and texts there", async () => {
    const { characters, file, texts, ids, decoded } = JSON.parse(
      readFileSync('test/goldens/tokenizer/char.json', 'utf8'),
    );
    const tokenizer = await trainCharTokenizer(from([characters.join(''), true], ['h', true]));
    expect(JSON.parse(JSON.stringify(tokenizer.toJSON()))).toEqual(file);
    expect(texts.map((text: string) => [...tokenizer.encode(text, { special: true })])).toEqual(ids);
    expect(ids.map((list: number[]) => tokenizer.decode(list))).toEqual(decoded);
  });

  test.each([
    [true, 3],
    [false, 2],
  ])('a file of an earlier version keeps its byte tokens (several documents: %s)', (several, size) => {
    const tokens = ['a', 'b', '<|endoftext|>', ...Array.from({ length: 256 }, (_, byte) => byteName(byte))];
    const json = tokenizerJson({
      added: [addedTokenJson(2)],
      preTokenizer: null,
      decoder: { type: 'Sequence', decoders: [{ type: 'ByteFallback' }, { type: 'Fuse' }] },
      vocab: tokens.map((token, id) => [token, id] as const),
      merges: [],
      byteFallback: true,
      extra: { several_documents: several },
    });
    const tokenizer = parseTokenizer(json, 'x');
    expect([tokenizer.kind, tokenizer.unknown, tokenizer.modelVocabSize]).toEqual(['char', undefined, size]);
    expect([...tokenizer.encode('aé')]).toEqual([0, 3 + 0xc3, 3 + 0xa9]);
    expect(tokenizer.decode([3 + 0xc3, 3 + 0xa9, 1])).toBe('éb');
    expect(tokenizer.toJSON()).toBe(json);
    expect(tokenizerConfig(tokenizer, 8)).not.toHaveProperty('unk_token');
    const without = JSON.parse(JSON.stringify(json));
    delete without.model.vocab['<0x41>'];
    expect(() => parseTokenizer(without, 'f.json')).toThrow(expect.objectContaining({ code: 'tokenizer/format' }));
  });

  test('a model needs a row for <|endoftext|> only if it stands between documents', async () => {
    for (const [pieces, size] of [
      [[['ab', true]], 3],
      [
        [
          ['a', false],
          ['b', false],
        ],
        3,
      ],
      [
        [
          ['a', true],
          ['', true],
        ],
        2,
      ],
      [
        [
          ['a', true],
          ['b', true],
        ],
        4,
      ],
      [
        [
          ['a', true],
          ['', false],
          ['b', false],
        ],
        4,
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
    expect(halves.endOfText).toBe(2);
  });

  test('an empty text is refused', async () => {
    await expect(trainCharTokenizer(from(['', true]))).rejects.toMatchObject({ code: 'tokenizer/empty' });
  });

  test('without its key a file is taken to need <|endoftext|>', async () => {
    const tokenizer = await trainCharTokenizer(from(['ab', true]));
    const json = JSON.parse(JSON.stringify(tokenizer.toJSON()));
    json.model.several_documents = undefined;
    expect(parseTokenizer(json, 'x').modelVocabSize).toBe(4);
  });

  test('a file without <|unk|>, or with longer tokens, is refused', async () => {
    const json = JSON.parse(JSON.stringify((await trainCharTokenizer(from(['ab', true]))).toJSON()));
    const without = structuredClone(json);
    without.model.vocab['<|unk|>'] = undefined;
    expect(() => parseTokenizer(JSON.parse(JSON.stringify(without)), 'f.json')).toThrow(
      expect.objectContaining({ code: 'tokenizer/format' }),
    );
    json.model.vocab.abc = 4;
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

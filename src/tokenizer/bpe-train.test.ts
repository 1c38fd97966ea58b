import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { trainBpeTokenizer } from './bpe-train.js';
import { anyText } from './random-text.testing.js';
import type { TextPiece } from './types.js';

interface Golden {
  name: string;
  pieces: string[];
  vocabSize: number;
  tokens: string[];
  merges: string[];
}
const goldens: Golden[] = JSON.parse(readFileSync('test/goldens/tokenizer/training.json', 'utf8'));

async function* documents(...texts: string[]): AsyncGenerator<TextPiece> {
  for (const text of texts) yield { text, endOfDocument: true };
}

type Model = { model: { vocab: Record<string, number>; merges: string[] } };

describe('training a BPE', () => {
  test('the Wikipedia example aaabdaaabac becomes XdXac', async () => {
    const tokenizer = await trainBpeTokenizer(documents('aaabdaaabac'), { vocabSize: 260 });
    const { vocab, merges } = (tokenizer.toJSON() as Model).model;
    expect(merges).toEqual(['a a', 'a b', 'aa ab']); // Z=aa, Y=ab, X=ZY
    const ids = tokenizer.encode('aaabdaaabac');
    expect([...ids]).toEqual([259, vocab['d'], 259, vocab['a'], vocab['c']]);
    expect([...ids].map((id) => tokenizer.decode([id]))).toEqual(['aaab', 'd', 'aaab', 'a', 'c']);
  });

  test.each(goldens)(
    '$name: the vocabulary is that of HF tokenizers',
    async ({ pieces, vocabSize, tokens, merges }) => {
      const tokenizer = await trainBpeTokenizer(documents(...pieces), { vocabSize });
      const { model } = tokenizer.toJSON() as Model;
      expect(model.merges).toEqual(merges);
      expect(model.vocab).toEqual(Object.fromEntries(tokens.map((token, id) => [token, id])));
      expect(tokenizer.vocabSize).toBe(tokens.length);
      expect(tokenizer.modelVocabSize).toBe(tokens.length);
      expect(tokenizer.endOfText).toBe(0);
    },
  );

  test('how a text is cut into pieces changes nothing', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyText(12), { minLength: 1, maxLength: 6 }), fc.boolean(), async (parts, closed) => {
        async function* cut(): AsyncGenerator<TextPiece> {
          for (const [i, text] of parts.entries()) yield { text, endOfDocument: closed && i === parts.length - 1 };
        }
        fc.pre(parts.join('') !== '');
        const whole = await trainBpeTokenizer(documents(parts.join('')), { vocabSize: 280 });
        const pieced = await trainBpeTokenizer(cut(), { vocabSize: 280 });
        expect(pieced.toJSON()).toEqual(whole.toJSON());
      }),
      { numRuns: 25 },
    );
  });

  test('257 ids are the bytes and <|endoftext|>, without merges', async () => {
    const tokenizer = await trainBpeTokenizer(documents('some text'), { vocabSize: 257 });
    expect(tokenizer.vocabSize).toBe(257);
    expect(tokenizer.kind).toBe('bpe');
    expect(tokenizer.encode('é').length).toBe(2);
  });

  test.each([256, 0, -1, 300.5, NaN, 2 ** 21])('a vocab-size of %p is refused', async (vocabSize) => {
    await expect(trainBpeTokenizer(documents('text'), { vocabSize })).rejects.toMatchObject({
      code: 'tokenizer/vocab-size',
      message: expect.stringContaining(String(vocabSize)),
    });
  });

  test('an empty text is refused', async () => {
    await expect(trainBpeTokenizer(documents('', ''), { vocabSize: 300 })).rejects.toMatchObject({
      code: 'tokenizer/empty',
    });
  });

  test('progress ends at the total, and a signal stops the work', async () => {
    const text = goldens[0]!.pieces.join('').repeat(3);
    const seen: number[][] = [];
    await trainBpeTokenizer(documents(text), { vocabSize: 500, onProgress: (done, total) => seen.push([done, total]) });
    expect(seen.at(-1)).toEqual([243, 243]);
    const stop = new AbortController();
    stop.abort();
    await expect(trainBpeTokenizer(documents(text), { vocabSize: 500, signal: stop.signal })).rejects.toMatchObject({
      name: 'AbortError',
    });
  });
});

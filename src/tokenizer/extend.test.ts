import { byteTokenizer } from './byte.js';
import { trainCharTokenizer } from './char-train.js';
import { classificationToken, specialToken, withClassificationToken } from './extend.js';
import { parseTokenizer } from './parse.js';
import type { Tokenizer } from './types.js';

async function* piece(text: string) {
  yield { text, endOfDocument: true };
}

const kinds: [string, () => Promise<Tokenizer>][] = [
  ['byte', async () => byteTokenizer()],
  ['char', () => trainCharTokenizer(piece('hello, <|clf|>'))],
];

describe.each(kinds)('a %s tokenizer with a classification token', (_, make) => {
  test('has one id more, the last, and encodes as before', async () => {
    const before = await make();
    const after = withClassificationToken(before);
    expect(specialToken(before, classificationToken)).toBeUndefined();
    expect(specialToken(after, classificationToken)).toBe(before.vocabSize);
    expect(after.vocabSize).toBe(before.vocabSize + 1);
    expect(after.modelVocabSize).toBe(after.vocabSize);
    expect([after.kind, after.endOfText]).toEqual([before.kind, before.endOfText]);
    const text = `hello${classificationToken}, é`; // é is unknown to the char tokenizer
    expect(after.encode(text)).toEqual(before.encode(text));
    expect(after.decode(after.encode(text))).toBe(before.decode(before.encode(text)));
  });

  test('is the same after its file was written and read, and is not extended twice', async () => {
    const after = withClassificationToken(await make());
    const again = parseTokenizer(JSON.parse(JSON.stringify(after.toJSON())), 'file');
    expect(specialToken(again, classificationToken)).toBe(after.vocabSize - 1);
    expect(again.kind).toBe(after.kind);
    expect(withClassificationToken(again)).toBe(again);
  });
});

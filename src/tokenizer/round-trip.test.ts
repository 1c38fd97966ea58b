// What all kinds promise: exact round trips, streaming, special tokens only when asked for.
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { trainBpeTokenizer } from './bpe-train.js';
import { byteTokenizer } from './byte.js';
import { trainCharTokenizer } from './char-train.js';
import { parseTokenizer } from './parse.js';
import { anyText, wellFormed } from './random-text.testing.js';
import type { TextPiece, Tokenizer } from './types.js';

const [prose] = JSON.parse(readFileSync('test/goldens/tokenizer/training.json', 'utf8'));

async function* documents(...texts: string[]): AsyncGenerator<TextPiece> {
  for (const text of texts) yield { text, endOfDocument: true };
}

const makers: [string, () => Promise<Tokenizer>][] = [
  ['char', () => trainCharTokenizer(documents(prose.pieces[0], ...charTexts))],
  ['byte', async () => byteTokenizer()],
  ['bpe', () => trainBpeTokenizer(documents(prose.pieces[0]), { vocabSize: 500 })],
];

const samples = {
  Chinese: '小猫坐在窗台上，看着外面的雨。雨下得很大！',
  Arabic: 'جلست القطة الصغيرة قرب النافذة، وكان المطر غزيراً.',
  'an emoji family': 'a 👩‍👩‍👧‍👦 and a flag 🇩🇪, thumbs 👍🏽',
  code: 'for (let i = 0; i < n; ++i) {\n\tsum += x[i] ** 2; // "squares"\r\n}\n',
  nothing: '',
  'a byte order mark': '\ufeffabc\ufeff',
  'a NUL': 'a\0b',
};

/** What the char tokenizer learns besides the prose; the alphabet that it is tested with (see char.test.ts for others). */
const charTexts = [...Object.values(samples), '<|endoftext|>é'];

/** Characters that a char tokenizer did not learn come back as nothing. */
function expected(kind: string, text: string): string {
  if (kind !== 'char') return wellFormed(text);
  const known = new Set([prose.pieces[0], ...charTexts].join(''));
  return [...wellFormed(text)].filter((character) => known.has(character)).join('');
}

describe.each(makers)('the %s tokenizer', (kind, make) => {
  let tokenizer: Tokenizer;
  beforeAll(async () => {
    tokenizer = await make();
  });

  test.each(Object.entries(samples))('gives back %s', (_, text) => {
    expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
  });

  test('gives back every string of its characters, lone surrogates as U+FFFD', () => {
    fc.assert(
      fc.property(anyText(), (text) => {
        const ids = tokenizer.encode(text);
        expect(tokenizer.decode(ids)).toBe(expected(kind, text));
        expect(ids).not.toContain(tokenizer.endOfText);
        const bytes = Buffer.concat([...ids].map((id) => tokenizer.bytesOf(id)));
        expect(bytes.equals(Buffer.from(expected(kind, text)))).toBe(true);
      }),
      { numRuns: 100 },
    );
  });

  test('streams what it decodes, never half a character', () => {
    const ids = fc.array(fc.nat(tokenizer.vocabSize - 1), { maxLength: 40 });
    const broken = ids.map((list) => ({ list, text: tokenizer.decode(list) }));
    const whole = anyText().map((text) => ({ list: [...tokenizer.encode(text)], text: expected(kind, text) }));
    fc.assert(
      fc.property(fc.oneof(broken, whole), ({ list, text }) => {
        const stream = tokenizer.decoder();
        const parts = [...list.map((id) => stream.push(id)), stream.flush()];
        expect(parts.join('')).toBe(text);
        for (const part of parts) expect(part).toBe(wellFormed(part));
      }),
      { numRuns: 100 },
    );
  });

  test('a decoder that was flushed begins anew', () => {
    const stream = tokenizer.decoder();
    if (kind === 'char') return; // whose tokens are whole characters
    const [first] = tokenizer.encode('\u{10ffff}'); // in no training text: its bytes
    expect(stream.push(first!)).toBe('');
    expect(stream.flush()).toBe('\ufffd');
    expect(stream.flush()).toBe('');
    expect([...tokenizer.encode('é')].map((id) => stream.push(id)).join('')).toBe('é');
  });

  test('<|endoftext|> is text, unless asked to be special', () => {
    const text = 'one<|endoftext|>two';
    const special = [...tokenizer.encode(text, { special: true })];
    expect(special).toEqual([...tokenizer.encode('one'), tokenizer.endOfText, ...tokenizer.encode('two')]);
    expect([...tokenizer.encode(text)]).not.toContain(tokenizer.endOfText);
    expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
    expect(tokenizer.decode(special)).toBe('onetwo');
    expect(tokenizer.decode(special, { special: true })).toBe(text);
    expect(tokenizer.bytesOf(tokenizer.endOfText)).toHaveLength(0);
    expect(tokenizer.decoder().push(tokenizer.endOfText)).toBe('');
  });

  test.each([-1, 1e9, 2 ** 32, 0.5, NaN, Infinity])('%p is no id', (id) => {
    const error = expect.objectContaining({ code: 'tokenizer/id', message: expect.stringContaining(String(id)) });
    expect(() => tokenizer.decode([id])).toThrow(error);
    expect(() => tokenizer.bytesOf(id)).toThrow(error);
    expect(() => tokenizer.decoder().push(id)).toThrow(error);
  });

  test('the first id past the end is no id, the last one is', () => {
    expect(() => tokenizer.decode([tokenizer.vocabSize])).toThrow(expect.objectContaining({ code: 'tokenizer/id' }));
    expect(() => tokenizer.decode([tokenizer.vocabSize - 1])).not.toThrow();
  });

  test('its JSON makes the same tokenizer', () => {
    const again = parseTokenizer(JSON.parse(JSON.stringify(tokenizer.toJSON())), 'again');
    expect(again.kind).toBe(kind);
    for (const key of ['vocabSize', 'modelVocabSize', 'endOfText'] as const) expect(again[key]).toBe(tokenizer[key]);
    for (const text of Object.values(samples)) expect(again.encode(text)).toEqual(tokenizer.encode(text));
    expect(again.toJSON()).toEqual(tokenizer.toJSON());
  });

  test('a long word is quick', () => {
    const text = 'a'.repeat(100_000);
    expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
  }, 2000);
});

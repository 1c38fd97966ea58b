import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { parseTokenizer, trainCharTokenizer } from '../tokenizer/index.js';
import type { Tokenizer } from '../tokenizer/types.js';
import { PieceEncoder, tokenBytes, unknownBytes } from './piece-encoder.js';
import { PieceCutter } from './pieces.js';

const golden = JSON.parse(readFileSync('test/goldens/tokenizer/encoding.json', 'utf8'));

function goldenTokenizer(name: string): Tokenizer {
  const { file } = golden.cases.find((each: { name: string }) => each.name === name);
  return parseTokenizer({ ...file, model: { ...file.model, vocab: golden.vocab, merges: golden.merges } }, name);
}

/** The ids of a document that arrives in pieces of about `target` units. */
function inPieces(tokenizer: Tokenizer, text: string, target: number): { ids: number[]; encoder: PieceEncoder } {
  const ids: number[] = [];
  const cutter = new PieceCutter(target);
  const encoder = new PieceEncoder(tokenizer, (some) => ids.push(...some));
  for (const piece of cutter.push(text)) encoder.push(piece);
  encoder.push(cutter.flush());
  encoder.endDocument();
  return { ids, encoder };
}

describe('a document in pieces', () => {
  test.each([
    'ByteLevel',
    'ByteLevel with a prefix space',
    'Llama 3',
    'Qwen2',
    'digits with a prefix space',
    'Llama 3 with a prefix space',
  ])('has the ids of the whole: %s', (name) => {
    const tokenizer = goldenTokenizer(name);
    const words = fc.array(fc.constantFrom(...golden.strings, 'one', ' two', '\n', ', ', '12', 'x'), { maxLength: 12 });
    fc.assert(
      fc.property(words, fc.integer({ min: 1, max: 40 }), (parts, target) => {
        const text = parts.join('');
        expect(inPieces(tokenizer, text, target).ids).toEqual([...tokenizer.encode(text)]);
      }),
      { numRuns: 200 },
    );
  });

  test('each document gets its prefix space', () => {
    const tokenizer = goldenTokenizer('ByteLevel with a prefix space');
    const ids: number[] = [];
    const encoder = new PieceEncoder(tokenizer, (some) => ids.push(...some));
    for (const document of ['The cat', 'The cat']) {
      encoder.push(document);
      encoder.endDocument();
    }
    const one = [...tokenizer.encode('The cat')];
    expect(ids).toEqual([...one, ...one]);
    expect(tokenizer.decode(one)).toBe(' The cat');
  });
});

test('the bytes of unknown characters are those of the text', async () => {
  const tokenizer = await trainCharTokenizer(
    (async function* () {
      yield { text: 'ab é', endOfDocument: true };
    })(),
  );
  const text = 'a 中b 😀é x';
  const { encoder } = inPieces(tokenizer, text, 2);
  expect(encoder.unknown).toEqual({ tokens: 3, bytes: 3 + 4 + 1 });
  expect(unknownBytes(tokenizer, text, tokenizer.encode(text))).toBe(8);
  expect(unknownBytes(tokenizer, 'ab', tokenizer.encode('ab'))).toBe(0);
  const lengths = tokenBytes(tokenizer, encoder.unknown);
  const sum = [...tokenizer.encode(text)].reduce((bytes, id) => bytes + lengths[id]!, 0);
  expect(sum).toBeCloseTo(Buffer.byteLength(text), 9);
});

import fc from 'fast-check';
import { decodeText } from './decode.js';
import { collect, errorOf, inChunks } from './fixtures.js';

const decode = async (bytes: Uint8Array, size = 4) =>
  (await collect(decodeText(inChunks(bytes, size), 'file.txt'))).join('');
const sample = 'naïve 中文 😀 العربية\r\n𝒳';

test('UTF-8 in chunks of any size comes out as it was, and no piece splits a character', async () => {
  const text = fc.string({
    unit: fc.constantFrom('a', '\n', 'é', '\u07ff', '\u0800', '中', '\uffff', '\ufeff', '😀', '\u{10ffff}'),
  });
  await fc.assert(
    fc.asyncProperty(text, fc.integer({ min: 1, max: 9 }), async (content, size) => {
      const pieces = await collect(decodeText(inChunks(Buffer.from(content), size), 'file.txt'));
      expect(pieces.join('')).toBe(content.startsWith('\ufeff') ? content.slice(1) : content);
      expect(pieces.filter((piece) => /\p{Surrogate}/u.test(piece))).toEqual([]);
    }),
  );
});

test('a UTF-8 byte order mark is stripped, one inside of the text is kept', async () => {
  for (const size of [1, 2, 3, 100]) expect(await decode(Buffer.from(`\ufeffa\ufeffb`), size)).toBe('a\ufeffb');
});

test('UTF-16 with a byte order mark is converted, both byte orders, in chunks of any size', async () => {
  const little = Buffer.from(`\ufeff${sample}`, 'utf16le');
  const big = Buffer.from(little).swap16();
  for (const size of [1, 2, 3, 5, 1000]) {
    expect(await decode(little, size)).toBe(sample);
    expect(await decode(big, size)).toBe(sample);
  }
  const pieces = await collect(decodeText(inChunks(little, 3), 'file.txt'));
  for (const piece of pieces) expect(piece).not.toMatch(/\p{Surrogate}/u);
});

test('a NUL byte is an error with its offset', async () => {
  const error = await errorOf(() => decode(Buffer.from('abcdefg\0h')));
  expect(error.code).toBe('dataset/binary');
  expect(error.message).toBe('file.txt is not text: byte 7 is NUL');
  expect(error.hint).not.toMatch(/UTF-16/);
});

test('UTF-16 without a byte order mark is named as such', async () => {
  const error = await errorOf(() => decode(Buffer.from('plain text', 'utf16le'), 100));
  expect(error.message).toMatch(/byte 1 is NUL/);
  expect(error.hint).toMatch(/UTF-16 without a byte order mark.*iconv/);
});

test.each([
  ['a Windows-1252 character', [0x61, 0x62, 0x63, 0xe9, 0x20, 0x64], 3],
  ['a stray continuation byte', [0x61, 0x80, 0x61], 1],
  ['an overlong form', [0x61, 0xc0, 0xaf, 0x61], 1],
  ['a surrogate in UTF-8', [0x61, 0x61, 0xed, 0xa0, 0x80, 0x61], 2],
  ['a number above U+10FFFF', [0xf4, 0x90, 0x80, 0x80, 0x61], 0],
])('%s is an error with its offset (gpt-2-simple#9)', async (_, bytes, offset) => {
  for (const size of [1, 2, 3, 100]) {
    const error = await errorOf(() => decode(Uint8Array.from(bytes), size));
    expect(error.code).toBe('dataset/encoding');
    expect(error.message).toMatch(`file.txt is not UTF-8: byte ${offset} (0x`);
    expect(error.hint).toMatch(/iconv -f WINDOWS-1252 -t UTF-8 file.txt/);
  }
});

test('half a surrogate pair in UTF-16 is an error with its offset', async () => {
  const broken = Buffer.from('\ufeffab\ud83dcd', 'utf16le');
  expect((await errorOf(() => decode(broken, 3))).message).toMatch('half a character at byte 6');
  const cut = Buffer.from('\ufeffab😀', 'utf16le').subarray(0, 8);
  expect((await errorOf(() => decode(cut, 3))).message).toMatch('half a character at byte 6');
});

test('an end inside of a character is a file that is cut off, whatever the chunks', async () => {
  for (const size of [1, 2, 3, 100]) {
    const error = await errorOf(() => decode(Uint8Array.from([0x61, 0x61, 0x61, 0x61, 0xe4, 0xb8]), size));
    expect(error).toMatchObject({ code: 'dataset/truncated', message: expect.stringContaining('byte 4') });
  }
});

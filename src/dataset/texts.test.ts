import { execFileSync, spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import fc from 'fast-check';
import { splitDocuments } from './documents.js';
import { collect, documentsOf, errorOf, inChunks, temporaryFolder } from './fixtures.js';
import { spoolInputs } from './spool.js';
import { readTexts } from './texts.js';

const folder = temporaryFolder();
const read = (...inputs: string[]) => documentsOf(readTexts(inputs));

test('each file is a document, in the order given', async () => {
  const b = folder.write('order/b.txt', 'second');
  const a = folder.write('order/a.txt', 'first');
  expect(await read(b, a)).toEqual(['second', 'first']);
});

test('a folder is read recursively and sorted, text files only, hidden ones left out', async () => {
  folder.write('tree/z.md', 'z');
  folder.write('tree/a/deep.txt', 'deep');
  folder.write('tree/a/picture.png', Uint8Array.of(0, 1, 2));
  folder.write('tree/.hidden.txt', 'hidden');
  folder.write('tree/m.jsonl', '{"text":"one"}\n{"text":"two"}\n');
  folder.write('tree/empty.txt', '');
  expect(await read(join(folder.path, 'tree'))).toEqual(['deep', 'one', 'two', 'z']);
});

test('a glob is sorted, and a file that is named twice is read once', async () => {
  const one = folder.write('glob/1.text', 'one');
  folder.write('glob/sub/2.text', 'two');
  expect(await read(`${folder.path}/glob/**/*.text`, one)).toEqual(['one', 'two']);
});

test('a file whose name looks like a glob is that file', async () => {
  expect(await read(folder.write('odd [1].txt', 'odd'))).toEqual(['odd']);
});

test('line ends are kept, Windows ones too', async () => {
  expect(await read(folder.write('crlf.txt', 'a\r\nb\n\r\n'))).toEqual(['a\r\nb\n\r\n']);
});

test('a literal <|endoftext|> separates documents, wherever chunks end (gpt-2-simple#33, gpt-2-simple#40)', async () => {
  const text = '<|endoftext|>one<|endoftext|><|endoftext|>two <|end of<|endoftext|>\nthree<|endoftext|';
  for (let size = 1; size < text.length; size++) {
    expect(await documentsOf(splitDocuments(inChunks(text, size)))).toEqual([
      'one',
      'two <|end of',
      '\nthree<|endoftext|',
    ]);
  }
});

test('documents that are joined by <|endoftext|> come back as they were', async () => {
  const document = fc.string({ unit: fc.constantFrom('<', '|', '>', 'e', 'n', 'endoftext', ' ') });
  await fc.assert(
    fc.asyncProperty(fc.array(document, { maxLength: 5 }), fc.integer({ min: 1, max: 30 }), async (documents, size) => {
      const joined = documents.join('<|endoftext|>');
      const expected = joined.split('<|endoftext|>').filter((text) => text !== '');
      expect(await documentsOf(splitDocuments(inChunks(joined, size)))).toEqual(expected);
    }),
  );
});

test('a large file comes in pieces, never as a whole (gpt-2-simple#73)', async () => {
  const text = 'ab中😀\r\n'.repeat(60_000); // 600 kB
  const path = folder.write('large.txt', text);
  const pieces = await collect(readTexts([path]));
  expect(Math.max(...pieces.map((piece) => piece.text.length))).toBeLessThanOrEqual(1 << 18);
  expect(pieces.map((piece) => piece.text).join('')).toBe(text);
});

test('a JSONL line without the text key is an error with line, keys and nearest key (mlx-examples#381)', async () => {
  const path = folder.write('keys.jsonl', '{"text":"fine"}\n\n{"Text":"x","id":7}\n');
  const error = await errorOf(() => read(path));
  expect(error.code).toBe('dataset/no-text-key');
  expect(error.message).toBe(`${path}:3: no "text" key; the keys there are "Text", "id"`);
  expect(error.hint).toMatch('--text-key Text');
});

test('another text key can be named', async () => {
  const path = folder.write('other.jsonl', '{"story":"once"}\r\n{"story":"twice"}');
  expect(await documentsOf(readTexts([path], { textKey: 'story' }))).toEqual(['once', 'twice']);
});

test.each([
  ['{"text":"a"}\n{"text":', /:2: not JSON/, /one JSON object a line/],
  ['[{"text":"a"}\n]', /:1: not JSON/, /one JSON array/],
  ['{"text":"a"}\n["b"]', /:2: an array where an object should be/, /one JSON object/],
  ['{"text":12}', /:1: "text" is a number, not a string/, undefined],
  ['{"text":null}', /:1: "text" is null, not a string/, undefined],
])('a broken JSONL line is named by its number: %j', async (content, message, hint) => {
  const error = await errorOf(() => read(folder.write('broken.jsonl', content)));
  expect(error.message).toMatch(message);
  if (hint) expect(error.hint).toMatch(hint);
});

test('what cannot be read says why', async () => {
  const empty = folder.write('empty.txt', '');
  folder.write('noText/code.py', 'print()');
  const cases: [string[], string, RegExp][] = [
    [[], 'dataset/missing', /no text was given/],
    [[join(folder.path, 'nowhere.txt')], 'dataset/missing', /no such file or folder: .*nowhere\.txt/],
    [[`${folder.path}/*.nothing`], 'dataset/no-match', /no file matches .*\*\.nothing/],
    [[join(folder.path, 'noText')], 'dataset/no-text', /holds no text files .*only \.py/],
    [[empty], 'dataset/empty', /empty\.txt is empty/],
    [[folder.write('separators.txt', '<|endoftext|>')], 'dataset/empty', /separators\.txt is empty/],
    [['-', '-'], 'dataset/stdin-twice', /given twice/],
  ];
  for (const [inputs, code, message] of cases) {
    const error = await errorOf(() => read(...inputs));
    expect([error.code, error.message]).toEqual([code, expect.stringMatching(message)]);
  }
});

test('standard input is read as one text', async () => {
  const stdin = Readable.from([Buffer.from('one<|endof'), Buffer.from('text|>two')]);
  expect(await documentsOf(readTexts(['-'], { stdin }))).toEqual(['one', 'two']);
  expect((await errorOf(() => documentsOf(readTexts(['-'], { stdin: Readable.from([]) })))).message).toBe(
    'standard input is empty',
  );
});

test('standard input is spooled to a file once, for two passes', async () => {
  const file = folder.write('beside.txt', 'beside');
  const directory = join(folder.path, 'spool');
  const stdin = Readable.from([Buffer.from('from '), Buffer.from('stdin')]);
  const inputs = await spoolInputs([file, '-'], directory, { stdin });
  expect(inputs[0]).toBe(file);
  for (let pass = 0; pass < 2; pass++) expect(await read(...inputs)).toEqual(['beside', 'from stdin']);
  expect(readdirSync(directory)).toEqual(['stdin.txt']);
  expect(await spoolInputs([file], join(folder.path, 'unused'))).toEqual([file]);
  expect(existsSync(join(folder.path, 'unused'))).toBe(false);
});

const onPosix = process.platform === 'win32' ? test.skip : test;

onPosix('a named pipe is spooled too', async () => {
  const pipe = join(folder.path, 'pipe');
  execFileSync('mkfifo', [pipe]);
  const writer = spawn('sh', ['-c', `printf 'from a pipe' > '${pipe}'`]);
  const inputs = await spoolInputs([pipe], join(folder.path, 'pipes'));
  await new Promise((resolve) => (writer.exitCode === null ? writer.once('exit', resolve) : resolve(0)));
  expect(inputs).toEqual([join(folder.path, 'pipes', 'pipe0.txt')]);
  expect(await read(...inputs)).toEqual(['from a pipe']);
});

test('standard input without a byte is named as such, and no file of it is left', async () => {
  const directory = join(folder.path, 'empty-spool');
  const error = await errorOf(() => spoolInputs(['-'], directory, { stdin: Readable.from([]) }));
  expect(error).toMatchObject({ code: 'dataset/empty', message: 'standard input is empty' });
  expect(readdirSync(directory)).toEqual([]);
});

test('a place that cannot be written is an error with the reason', async () => {
  const file = folder.write('a-file', 'x');
  const error = await errorOf(() => spoolInputs(['-'], join(file, 'below'), { stdin: Readable.from(['text']) }));
  expect([error.code, error.message]).toEqual([
    'dataset/write',
    expect.stringMatching(/a-file.below: a part of the path is a file/),
  ]);
});

test('an aborted read stops with the reason', async () => {
  const path = folder.write('long.txt', 'x'.repeat(1 << 20));
  const controller = new AbortController();
  const work = async () => {
    for await (const _ of readTexts([path], { signal: controller.signal })) controller.abort(new Error('enough'));
  };
  await expect(work()).rejects.toThrow('enough');
});

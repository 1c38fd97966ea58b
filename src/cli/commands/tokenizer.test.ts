import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { typed } from '../fixtures.js';

let folder: string;
let book: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gpt-cli-tokenizer-'));
  book = join(folder, 'book.txt');
  writeFileSync(book, 'the cat sat on the mat, the hat and the rat\n'.repeat(50));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('what train writes encodes and decodes', async () => {
  const path = join(folder, 'tok.json');
  const trained = await typed(`tokenizer train ${book} --vocab-size 270 -o ${path}`);
  expect(trained).toEqual({ code: 0, err: '', out: `bpe tokenizer with 270 entries: ${path}\n` });
  const { ids } = JSON.parse((await typed(`tokenizer encode ${path} "the cat, é" --json`)).out);
  expect(ids.length).toBeLessThan(11);
  expect((await typed(`tokenizer encode ${path} "the cat, é"`)).out).toBe(`${ids.join(' ')}\n`);
  expect((await typed(`tokenizer decode ${path} ${ids.join(' ')}`)).out).toBe('the cat, é');
  expect(
    JSON.parse((await typed(`tokenizer decode --tokenizer ${path} - --json`, { stdin: JSON.stringify({ ids }) })).out),
  ).toEqual({
    text: 'the cat, é',
  });
});

test.each(['char', 'byte'])('a %s tokenizer goes into a folder', async (kind) => {
  const out = join(folder, 'sub');
  expect((await typed(`tokenizer train ${book} --kind ${kind} -o ${out} --json`)).code).toBe(0);
  expect(readdirSync(out)).toEqual(['tokenizer.json']);
  const { stdin, file } = {
    stdin: await typed(`tokenizer encode ${out} -`, { stdin: 'cat\n' }),
    file: await typed(`tokenizer encode ${out} --input ${book} --json`),
  };
  expect(stdin.out.trim().split(' ')).toHaveLength(4);
  expect(JSON.parse(file.out).ids).toHaveLength(readFileSync(book, 'utf8').length);
});

test('info prints kind, size and the longest entries', async () => {
  await typed(`tokenizer train ${book} --vocab-size 262 -o ${folder}`);
  const { out } = await typed(`tokenizer info ${folder} --json`);
  expect(JSON.parse(out)).toMatchObject({ kind: 'bpe', vocabSize: 262, merges: 5, endOfText: 0 });
  expect((await typed(`tokenizer info ${folder}`)).out).toMatch(/^entries +262$/m);
});

test('special tokens are text unless asked for', async () => {
  const path = join(folder, 'tok.json');
  await typed(`tokenizer train --kind byte -o ${path}`);
  const plain = JSON.parse((await typed(`tokenizer encode ${path} <|endoftext|> --json`)).out).ids;
  const special = JSON.parse((await typed(`tokenizer encode ${path} <|endoftext|> --special --json`)).out).ids;
  expect([plain.length, special.length]).toEqual([13, 1]);
  expect((await typed(`tokenizer decode ${path} ${special[0]}`)).out).toBe('');
  expect((await typed(`tokenizer decode ${path} ${special[0]} --special`)).out).toBe('<|endoftext|>');
});

test('a file that exists is left alone without --overwrite', async () => {
  const path = join(folder, 'tok.json');
  writeFileSync(path, 'mine');
  const { code, err } = await typed(`tokenizer train --kind byte -o ${path}`);
  expect({ code, err }).toEqual({
    code: 2,
    err: `error: ${path} exists (name another with --out, or add --overwrite)\n`,
  });
  expect(readFileSync(path, 'utf8')).toBe('mine');
  expect((await typed(`tokenizer train --kind byte -o ${path} --overwrite`)).code).toBe(0);
  expect(readdirSync(folder).sort()).toEqual(['book.txt', 'tok.json']);
});

test.each([
  ['tokenizer train', 'no text is given (name files or folders, or - for standard input)'],
  ['tokenizer train BOOK --vocab-size 12', '"vocab-size" must be a whole number from 257 to 1000000, got "12"'],
  ['tokenizer train BOOK --kind char --vocab-size 300', 'vocab-size (300) is for --kind bpe, not char'],
  [
    'tokenizer train BOOK --kind words',
    "option '--kind <kind>' argument 'words' is invalid. Allowed choices are char, byte, bpe (see gpt-cli tokenizer --help)",
  ],
  ['tokenizer encode', 'no tokenizer is given (name a tokenizer.json, the folder of one, or a run)'],
  [
    'tokenizer encode DIR/none "x"',
    'there is no tokenizer at DIR/none (give a tokenizer.json, or a folder that holds one; or char, byte, bpe)',
  ],
  ['tokenizer encode DIR', 'no text is given (add it, or --input FILE, or - for standard input)'],
  ['tokenizer encode DIR x --input y', 'text is given twice (remove --input or the argument)'],
  ['tokenizer', 'gpt-cli tokenizer needs a subcommand (see gpt-cli tokenizer --help)'],
])('%s: error: %s', async (line, message) => {
  const place = (text: string) => text.replace('BOOK', book).replace('DIR', folder);
  const { code, err } = await typed(
    `${place(line)} -o ${join(folder, 'new.json')}`.replace(/( -o .*)?$/, line.includes('train') ? '$1' : ''),
  );
  expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining(place(message)) });
});

test.each(['x', '-1', '99999', '1.5'])('the id %s is refused', async (id) => {
  await typed(`tokenizer train --kind byte -o ${folder}`);
  const { code, err } = await typed(`tokenizer decode ${folder} -`, { stdin: id });
  expect({ code, err }).toEqual({
    code: 2,
    err: `error: "${id}" is no id of this tokenizer (ids are whole numbers from 0 to 256)\n`,
  });
});

// Files that are compressed by gzip, as text and as tables.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { endingOf, stemOf } from './ending.js';
import { findSplits, isTable, openTable, throwing } from './labelled/index.js';
import { findSources } from './sources.js';
import { readTexts } from './texts.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gpt-cli-gzip-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, ...members: Buffer[]): string {
  const path = join(folder, name);
  writeFileSync(path, Buffer.concat(members));
  return path;
}

async function textOf(path: string, onBytes?: (count: number) => void): Promise<string> {
  let text = '';
  for await (const piece of readTexts([path], onBytes ? { onBytes } : {}))
    text += `${piece.text}${piece.endOfDocument ? '|' : ''}`;
  return text;
}

test('members one behind the other are one text, over the borders of characters', async () => {
  const bytes = Buffer.from('größer 東京 '.repeat(100_000)); // more than one chunk in and out
  const [first, second] = [bytes.subarray(0, 700_003), bytes.subarray(700_003)];
  let read = 0;
  const path = write('x.txt.gz', gzipSync(first, { level: 0 }), gzipSync(second));
  const text = await textOf(path, (count) => {
    read += count;
  });
  expect(text === `${bytes.toString()}|`).toBe(true); // a difference would be a megabyte to print
  expect(read).toBe((await findSources([path]))[0]!.size); // progress is in bytes of the file
});

test('the name inside says what it is', async () => {
  expect(await textOf(write('x.jsonl.gz', gzipSync('{"text": "a"}\n{"text": "b"}\n')))).toBe('a|b|');
  const table = await openTable(
    write('train.CSV.gz', gzipSync('text,label\nx,1\n')),
    throwing(() => {}),
  );
  expect(table.columns).toEqual(['text', 'label']);
  await table.close();
  expect([endingOf('a/b.tar.CSV.GZ'), stemOf('a/b.c.txt.gz'), endingOf('x.gz'), stemOf('x.gz')]).toEqual([
    '.csv',
    'b.c',
    '',
    'x',
  ]);
});

test('folders are searched for compressed files, too', async () => {
  write('train.jsonl.gz', gzipSync('{}'));
  write('test.csv', Buffer.from('text,label\nx,1\n'));
  expect(isTable(folder)).toBe(true);
  expect(findSplits(folder)).toEqual({ train: join(folder, 'train.jsonl.gz'), test: join(folder, 'test.csv') });
  expect((await findSources([folder])).map(({ name }) => name)).toEqual([join(folder, 'train.jsonl.gz')]);
});

test('a file that is cut off, broken, empty or not compressed is an error', async () => {
  const whole = gzipSync('one two three '.repeat(1000));
  await expect(textOf(write('cut.txt.gz', whole.subarray(0, -9)))).rejects.toThrow(
    'ends in the middle of the gzip data',
  );
  await expect(textOf(write('two.txt.gz', whole, whole.subarray(0, 20)))).rejects.toThrow('ends in the middle');
  await expect(textOf(write('plain.txt.gz', Buffer.from('hello')))).rejects.toThrow('is no valid gzip data');
  await expect(textOf(write('empty.txt.gz'))).rejects.toThrow('is empty: not gzip data');
  const broken = Buffer.from(whole);
  broken[broken.length - 6]! ^= 1; // the checksum
  await expect(textOf(write('broken.txt.gz', broken))).rejects.toThrow('is no valid gzip data');
  await expect(textOf(write('nothing.txt.gz', gzipSync('')))).rejects.toThrow('nothing.txt.gz is empty');
  await expect(textOf(write('hidden.txt', whole))).rejects.toThrow('is gzip data, not text');
});

test('a reader that stops early closes the file', async () => {
  const path = write('x.jsonl.gz', gzipSync('{"a": 1}\n'.repeat(500_000)));
  const table = await openTable(
    path,
    throwing(() => {}),
  );
  for await (const row of table.rows) {
    expect(row.place).toBe(`${path}:1`);
    break;
  }
  await table.close();
});

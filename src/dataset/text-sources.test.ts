// Files that people give to pretrain besides plain text.
import { readBytes } from './bytes.js';
import { errorOf, temporaryFolder } from './fixtures.js';
import { findSources, sourceWarnings } from './sources.js';
import { readTexts } from './texts.js';

const folder = temporaryFolder();

async function documents(name: string, content: string | Uint8Array, textKey?: string): Promise<string[]> {
  const found: string[] = [];
  let open = '';
  for await (const { text, endOfDocument } of readTexts([folder.write(name, content)], textKey ? { textKey } : {})) {
    open += text;
    if (!endOfDocument) continue;
    found.push(open);
    open = '';
  }
  return found;
}

test.each([
  ['a.jsonl', '{"text":"one","id":1}\n{"text":"two"}\n'],
  ['a.json', '[{"text":"one"},{"text":"two"}]'],
  ['a.csv', 'id,text\n1,one\n2,two\n'],
  ['a.tsv', 'text\tid\none\t1\ntwo\t2\n'],
])('the text of %s is read, row by row', async (name, content) => {
  expect(await documents(name, content)).toEqual(['one', 'two']);
  expect(await documents(name, content.replaceAll('text', 'body'), 'body')).toEqual(['one', 'two']);
});

test('without that key the error names the keys, and what to type', async () => {
  for (const [name, content] of [
    ['b.jsonl', '{"body":"x"}'],
    ['b.csv', 'id,body\n1,x\n'],
  ] as const) {
    const { message, hint } = await errorOf(() => documents(name, content));
    expect(message).toContain('"body"');
    expect(hint).toContain('--text-key');
  }
});

test('markup is read as it is, with a warning that names the files', async () => {
  expect(await documents('page.html', '<p>x</p>')).toEqual(['<p>x</p>']);
  expect(sourceWarnings(await findSources([`${folder.path}/page.html`]))[0]).toContain('page.html');
  expect(sourceWarnings(await findSources([folder.write('plain.txt', 'x')]))).toEqual([]);
});

test.each([
  ['a PDF', '%PDF-1.7\nplain so far', 'pdftotext'],
  ['a ZIP archive', 'PK\u0003\u0004plain so far', 'unpack'],
  ['a PNG image', Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d]), ''],
  ['a Parquet file', 'PAR1 plain', 'JSONL'],
])('%s is named', async (name, content, hint) => {
  const error = await errorOf(() => documents('binary.txt', content));
  expect([error.code, error.message]).toEqual(['dataset/binary', expect.stringContaining(`is ${name}`)]);
  expect(error.hint ?? '').toContain(hint);
});

test('a Git LFS pointer is named, with the command that fetches the file', async () => {
  const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${'0'.repeat(64)}\nsize 1234567\n`;
  expect(await errorOf(() => documents('big.txt', pointer))).toMatchObject({ code: 'files/lfs', hint: 'git lfs pull' });
});

test('a file that ends inside a character is cut off, not in another encoding', async () => {
  const error = await errorOf(() => documents('cut.txt', Buffer.from('naïve 喜').subarray(0, 9)));
  expect(error).toMatchObject({ code: 'dataset/truncated', message: expect.stringContaining('byte 7') });
  expect(error.hint).not.toContain('1252');
});

test('a folder where a file is read is an error, not a bug', async () => {
  const read = async () => {
    for await (const _ of readBytes({ name: folder.path, kind: 'file' }));
  };
  expect(await errorOf(read)).toMatchObject({
    code: 'dataset/unreadable',
    message: expect.stringContaining('a folder'),
  });
});

import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeFolder } from './make-folder.js';

const folder = mkdtempSync(join(tmpdir(), 'gpt-cli-make-folder-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('makes what is missing, several at once too, and leaves what is there', async () => {
  const deep = join(folder, 'a', 'b', 'c');
  await Promise.all([makeFolder(deep), makeFolder(join(folder, 'a', 'b', 'd')), makeFolder(deep)]);
  writeFileSync(join(deep, 'kept'), '');
  await makeFolder(deep);
  expect([existsSync(join(deep, 'kept')), statSync(join(folder, 'a', 'b', 'd')).isDirectory()]).toEqual([true, true]);
});

test('a file in the way is an error', async () => {
  const file = join(folder, 'file');
  writeFileSync(file, '');
  await expect(makeFolder(file)).rejects.toMatchObject({ code: 'EEXIST' });
  await expect(makeFolder(join(file, 'below'))).rejects.toMatchObject({ code: 'ENOTDIR' });
});

const testProc = process.platform === 'linux' ? test : test.skip;
testProc('ends where the system makes no folder', async () => {
  await expect(makeFolder('/proc/none/below')).rejects.toMatchObject({ code: 'ENOENT' });
});

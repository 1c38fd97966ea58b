import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { temporaryFolder } from '../checkpoint/testing/fixtures.js';
import { AtomicFile, isTemporaryName, replaceFile } from './atomic-file.js';

const folder = temporaryFolder();
const target = () => join(folder(), 'rows.csv');
afterEach(() => jest.restoreAllMocks());

test('a file has its old content until commit, then the new one, and nothing stays beside it', async () => {
  writeFileSync(target(), 'old');
  const file = await AtomicFile.create(target());
  await file.write('new ');
  await file.write(Buffer.from('content'));
  expect(readFileSync(target(), 'utf8')).toBe('old');
  expect(readdirSync(folder()).filter(isTemporaryName)).toHaveLength(1);
  await file.commit();
  expect(readFileSync(target(), 'utf8')).toBe('new content');
  expect(readdirSync(folder())).toEqual(['rows.csv']);
});

test.each(['sync', 'close'] as const)(
  'a disk that refuses the last %s is an error, and the old file stays',
  async (step) => {
    writeFileSync(target(), 'old');
    const file = await AtomicFile.create(target());
    await file.write('new');
    const refused = Object.assign(new Error('no space'), { code: 'ENOSPC' });
    const close = file.handle.close.bind(file.handle);
    jest.spyOn(file.handle, step).mockImplementationOnce(async () => {
      if (step === 'close') await close();
      throw refused;
    });
    await expect(file.commit()).rejects.toBe(refused);
    expect(readFileSync(target(), 'utf8')).toBe('old');
    expect(readdirSync(folder())).toEqual(['rows.csv']);
  },
);

test('two writers of one file do not meet, and a link where a temporary file could be is not followed', async () => {
  const [one, other] = [await AtomicFile.create(target()), await AtomicFile.create(target())];
  expect(one.temporary).not.toBe(other.temporary);
  await one.write('one');
  await other.write('other');
  await one.commit();
  await other.commit();
  expect(readFileSync(target(), 'utf8')).toBe('other');

  const precious = join(folder(), 'precious');
  writeFileSync(precious, 'precious');
  for (const name of ['rows.csv.part', '.rows.csv.new', '.rows.csv.part']) symlinkSync(precious, join(folder(), name));
  await replaceFile(target(), 'more');
  expect(readFileSync(precious, 'utf8')).toBe('precious');
});

const linux = process.platform === 'linux' && process.getuid?.() === 0;
(linux ? test : test.skip)('a disk that is full at the last flush is an error (a tmpfs of 64 kB)', async () => {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder()], { stdio: 'ignore' });
  } catch {
    return; // no right to mount here
  }
  try {
    writeFileSync(target(), 'old');
    await expect(replaceFile(target(), 'x'.repeat(1 << 17))).rejects.toMatchObject({ code: 'ENOSPC' });
    expect(readFileSync(target(), 'utf8')).toBe('old');
    expect(readdirSync(folder())).toEqual(['rows.csv']);
  } finally {
    execFileSync('umount', [folder()]);
  }
});

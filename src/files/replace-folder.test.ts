import fs from 'node:fs';
import promises from 'node:fs/promises';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { temporaryFolder, thrown } from '../checkpoint/testing/fixtures.js';
import { findFolder, replaceFolder, settle } from './replace-folder.js';
import { dieAtCall } from './testing/dying.js';

const folder = temporaryFolder();
const target = () => join(folder(), 'last');
const fill = (text: string) => async (path: string) => {
  fs.writeFileSync(join(path, 'a'), text);
  fs.writeFileSync(join(path, 'b'), text);
};
const textsIn = (path: string) =>
  fs
    .readdirSync(path)
    .sort()
    .map((name) => name + fs.readFileSync(join(path, name), 'utf8'));

afterEach(() => jest.restoreAllMocks());

test('a folder is replaced whole and nothing stays beside it', async () => {
  await replaceFolder(target(), fill('1'));
  await replaceFolder(target(), fill('2'));
  expect(textsIn(target())).toEqual(['a2', 'b2']);
  expect(fs.readdirSync(folder())).toEqual(['last']);
});

test('wherever a process dies while replacing, the old or the new folder is there, whole', async () => {
  const outcomes: string[] = [];
  for (let count = 1; ; count++) {
    await replaceFolder(target(), fill('old'));
    const end = await dieAtCall(count, () => replaceFolder(target(), fill('new')));
    const seen = await findFolder(target()); // a reader comes first
    const read = textsIn(seen!);
    expect([
      ['aold', 'bold'],
      ['anew', 'bnew'],
    ]).toContainEqual(read);
    await settle(target()); // then the owner
    expect(textsIn(target())).toEqual(read);
    expect(fs.readdirSync(folder())).toEqual(['last']);
    if (end === 'done') break;
    outcomes.push(read[0]!);
  }
  expect(outcomes.length).toBeGreaterThan(7);
  expect(outcomes).toEqual([...outcomes].sort().reverse()); // the old until some moment, then the new
  expect(new Set(outcomes).size).toBe(2);
});

test('wherever a process dies while making the first one, it is whole or absent', async () => {
  const outcomes: boolean[] = [];
  for (let count = 1; ; count++) {
    const end = await dieAtCall(count, () => replaceFolder(target(), fill('new')));
    const seen = await findFolder(target());
    outcomes.push(seen !== undefined);
    if (seen !== undefined) expect(textsIn(seen)).toEqual(['anew', 'bnew']);
    await settle(target());
    expect(fs.readdirSync(folder())).toEqual(seen === undefined ? [] : ['last']);
    fs.rmSync(target(), { recursive: true, force: true });
    if (end === 'done') break;
  }
  expect(outcomes[0]).toBe(false);
  expect(outcomes.at(-1)).toBe(true);
});

test('a process that dies while recovering is recovered from as well', async () => {
  for (let count = 1; ; count++) {
    fs.mkdirSync(join(folder(), '.last.old'));
    fs.mkdirSync(join(folder(), '.last.new'));
    await fill('old')(join(folder(), '.last.old'));
    await fill('new')(join(folder(), '.last.new'));
    const end = await dieAtCall(count, () => settle(target()));
    await settle(target());
    expect(textsIn(target())).toEqual(['anew', 'bnew']);
    expect(fs.readdirSync(folder())).toEqual(['last']);
    fs.rmSync(target(), { recursive: true });
    if (end === 'done') break;
  }
});

test('a half-written folder that a dead process left is cleared away by the next one', async () => {
  fs.mkdirSync(join(folder(), '.last.new'));
  fs.writeFileSync(join(folder(), '.last.new', 'junk'), 'half');
  await replaceFolder(target(), fill('1'));
  expect(textsIn(target())).toEqual(['a1', 'b1']);
});

test('a full disk is an error with the folder in it, and what was there stays', async () => {
  await replaceFolder(target(), fill('old'));
  const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
  const error = await thrown(
    replaceFolder(target(), async (path) => {
      fs.writeFileSync(join(path, 'a'), 'half');
      throw full;
    }),
  );
  expect(error).toMatchObject({ code: 'checkpoint/disk-full' });
  expect(error.message).toContain(target());
  expect(textsIn(target())).toEqual(['aold', 'bold']);
  expect(fs.readdirSync(folder())).toEqual(['last']);
});

test('a folder that cannot be made is an error that says so', async () => {
  fs.writeFileSync(join(folder(), 'file'), '');
  expect(await thrown(replaceFolder(join(folder(), 'file', 'last'), fill('1')))).toMatchObject({
    code: 'checkpoint/not-writable',
  });
});

test('a rename that fails leaves the old folder in place', async () => {
  await replaceFolder(target(), fill('old'));
  const rename = promises.rename;
  let calls = 0;
  jest.spyOn(promises, 'rename').mockImplementation((async (from: string, to: string) => {
    if (++calls === 2) throw Object.assign(new Error('EIO'), { code: 'EIO' });
    return rename(from, to);
  }) as never);
  await thrown(replaceFolder(target(), fill('new')));
  expect(textsIn(target())).toEqual(['aold', 'bold']);
  expect(fs.readdirSync(folder())).toEqual(['last']);
});

test('a bug while writing comes through as it is', async () => {
  const bug = new TypeError('x is undefined');
  expect(await thrown(replaceFolder(target(), () => Promise.reject(bug)))).toBe(bug);
});

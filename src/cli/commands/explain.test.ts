import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { saveCheckpoint } from '../../checkpoint/index.js';
import { content, temporaryFolder } from '../../checkpoint/testing/fixtures.js';
import { typed } from '../fixtures.js';

const folder = temporaryFolder();
let run: string;
beforeEach(async () => {
  run = join(folder(), 'model');
  const { training: _, trained: __, ...rest } = content({ resumable: false });
  await saveCheckpoint(run, rest);
});

test('attribution and patching are tables, a row for each word and token', async () => {
  const { code, out } = await typed(`explain ${run} --prompt "a bc" --against "a bd" --attribution --target x y`);
  expect(code).toBe(0);
  expect(out).toMatch(/^why "x" rather than "y": difference of logits [+-]\d/m);
  expect(out).toMatch(/^"a" +[+-]\d+\.\d\d +[+-]\d+\.\d\d +[+-]\d+\.\d\d\n" bc" /m);
  expect(out).toMatch(/^token +against +embeddings +block 1 +block 2\n"c" +"d" /m);
});

test('control characters of a text are shown, and a long token is cut', async () => {
  const { out } = await typed(`explain ${run} --prompt "\u001b[2J\u202e"`, { tty: true });
  expect(out).toContain('\\u001b');
  for (const character of ['\u001b[2J', '\u202e']) expect(out).not.toContain(character);
});

test('--html writes a page, which is complete or as it was', async () => {
  const page = join(folder(), '<b>.html');
  writeFileSync(page, 'before');
  const failed = await typed(`explain ${run} --prompt ab --target abc --html ${page}`);
  expect([failed.code, readFileSync(page, 'utf8')]).toEqual([2, 'before']);
  const { code, out } = await typed(`explain ${run} --prompt "ab </script>" --html ${page} --top 1`);
  expect({ code, out }).toEqual({ code: 0, out: `saved ${page}\n` });
  const html = readFileSync(page, 'utf8');
  expect(html).toMatch(/^<!doctype html>[\s\S]*<\/html>\n$/);
  expect(html.match(/<\/script>/g)).toHaveLength(2);
  expect(readdirSync(folder()).sort()).toEqual(['<b>.html', 'model']);
});

test.each([
  ['--prompt a --text b', 'there are two texts'],
  ['--attribution --heads', 'there is no text to explain'],
  ['--prompt a --top -1', '--top is -1'],
  ['--prompt a --html HERE', 'HERE is a folder'],
  ['--prompt a --html HERE/no/page.html', 'there is no folder HERE/no'],
  ['--prompt a --lens --target ab', '"ab" is 2 tokens'],
])('explain %s is an error', async (flags, message) => {
  const here = join(folder(), 'here');
  mkdirSync(here);
  const { code, err } = await typed(`explain ${run} ${flags.replace('HERE', here)}`);
  expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining(message.replace('HERE', here)) });
  expect(readdirSync(here)).toEqual([]);
});

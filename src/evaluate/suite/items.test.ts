import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSuite } from './items.js';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gpt-cli-suite-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function write(...rows: unknown[]): string {
  const path = join(folder, 'suite.jsonl');
  writeFileSync(path, rows.map((row) => `${typeof row === 'string' ? row : JSON.stringify(row)}\n`).join(''));
  return path;
}

test('a row is what its keys say, and BLiMP is read as it is', async () => {
  const file = write(
    { context: 'two and two', choices: ['three', 'four'], label: 1, other: null },
    { choices: ['x', 'y'], label: 'x' },
    { good: 'He goes.', bad: 'He go.' },
    { sentence_good: 'A.', sentence_bad: 'B.', UID: 'agreement' },
    { prompt: 'Q', answers: ['A', 'B'] },
    { prompt: 'Q', answers: ['A'], stop: '.' },
  );
  expect(await readSuite(file)).toEqual([
    { kind: 'choice', context: 'two and two', choices: ['three', 'four'], label: 1 },
    { kind: 'choice', context: '', choices: ['x', 'y'], label: 0 },
    { kind: 'pair', good: 'He goes.', bad: 'He go.' },
    { kind: 'pair', good: 'A.', bad: 'B.' },
    { kind: 'answer', prompt: 'Q', answers: ['A', 'B'], stop: ['\n'] },
    { kind: 'answer', prompt: 'Q', answers: ['A'], stop: ['.'] },
  ]);
  expect(await readSuite(file, { limit: 1 })).toHaveLength(1);
});

test.each([
  [{ choices: ['x', 'y'], label: 2 }, 'suite.jsonl:1: "label" is 2, neither a choice nor its number, 0 to 1'],
  [{ choices: ['x', 'y'] }, '"label" is missing, neither a choice nor its number, 0 to 1'],
  [{ choices: ['x', 'x'], label: 'x' }, '"label" is "x", neither a choice'],
  [{ choices: ['x'], label: 0 }, '"choices" is not a list of at least 2 strings'],
  [{ choices: ['x', ''], label: 0 }, 'a choice is empty'],
  [{ context: 1, choices: ['x', 'y'], label: 0 }, '"context" is 1, not a string'],
  [{ good: 'x', bad: '' }, '"bad" is empty'],
  [{ prompt: 'x', answers: [] }, '"answers" is not a list of strings'],
  [{ prompt: 'x', answers: ['y'], stop: '' }, 'a stop string is empty'],
  [{ text: 'x' }, 'the keys are text'],
  ['[1]', 'an array where an object should be'],
  ['nonsense', 'not JSON'],
])('the row %j is refused with its place', async (row, message) => {
  await expect(readSuite(write(row))).rejects.toThrow(message);
});

// The demo data is what the generator writes, and its entropy is what data/README.md states.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(__dirname, '..');
const file = (name: string) => readFileSync(join(root, 'data', name), 'utf8');
const jsonLines = (name: string) =>
  file(name)
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, string>);

const names = [
  'stories.txt',
  'stories.json',
  'sentiment.csv',
  'sentiment.jsonl',
  'moods/train.csv',
  'moods/valid.csv',
  'questions.jsonl',
];

describe('the generator', () => {
  let folder: string;
  let printed: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'gpt-cli-data-'));
    const script = join(root, 'scripts', 'data', 'generate.js');
    printed = execFileSync(process.execPath, [script, '--out', folder, '--prove', '100'], { encoding: 'utf8' });
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test.each(names)('writes %s as it is tracked, byte for byte', (name) => {
    expect(readFileSync(join(folder, name)).equals(readFileSync(join(root, 'data', name)))).toBe(true);
  });

  test('finds exactly one derivation of each of 100 stories, with the bits that were drawn', () => {
    expect(printed).toContain('100 stories: one derivation each');
  });

  test('gives the entropy that data/README.md states', () => {
    const { bitsPerCharacter, expectation } = JSON.parse(file('stories.json'));
    const readme = file('README.md');
    expect(readme).toContain(`${bitsPerCharacter} bits a character`);
    expect(readme).toContain(`${expectation.bitsPerCharacter} bits a character`);
    expect(Math.abs(bitsPerCharacter / expectation.bitsPerCharacter - 1)).toBeLessThan(0.03);
  });
});

describe('the labelled texts', () => {
  const rows = jsonLines('sentiment.jsonl') as { text: string; label: string }[];

  test('are 1200 rows to train on and 300 to validate with, the same in each file, none twice', () => {
    const lines = (name: string) => file(name).trimEnd().split('\n').slice(1);
    expect(lines('moods/train.csv')).toHaveLength(1200);
    expect(lines('moods/valid.csv')).toHaveLength(300);
    expect([...lines('moods/train.csv'), ...lines('moods/valid.csv')]).toEqual(lines('sentiment.csv'));
    expect(rows.map(({ text, label }) => `"${text}",${label}`)).toEqual(lines('sentiment.csv'));
    expect(new Set(rows.map(({ text }) => text)).size).toBe(rows.length);
  });
});

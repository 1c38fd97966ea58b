// The demo data is what the generator writes, and its figures are those that the documents state.
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
const stories = file('stories.txt')
  .split('<|endoftext|>')
  .map((text) => text.trimEnd());

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

describe('the stories', () => {
  test('are 300 to 450 kB of plain ASCII with hundreds of words', () => {
    const text = file('stories.txt');
    const distinct = new Set(text.toLowerCase().match(/[a-z']+/g));
    expect(text.length).toBeGreaterThan(300_000);
    expect(text.length).toBeLessThan(450_000);
    expect(text).toMatch(/^[\n -~]*$/);
    expect(distinct.size).toBeGreaterThan(800);
  });

  test('are all different, and so are nine tenths of their first and last paragraphs', () => {
    const share = (texts: string[]) => new Set(texts).size / texts.length;
    expect(share(stories)).toBe(1);
    expect(share(stories.map((story) => story.split('\n')[0]!))).toBeGreaterThan(0.9);
    expect(share(stories.map((story) => story.split('\n').at(-1)!))).toBeGreaterThan(0.9);
  });

  test('use a pronoun that fits the name', () => {
    const sexes = new Map<string, string>();
    for (const story of stories) {
      const match = /called ([A-Z][a-z]+)\. (He|She) lived/.exec(story);
      if (match === null) continue;
      const [, name, pronoun] = match as unknown as [string, string, string];
      expect(sexes.get(name) ?? pronoun).toBe(pronoun);
      sexes.set(name, pronoun);
    }
    expect(sexes.size).toBeGreaterThan(15);
  });
});

describe('the labelled texts', () => {
  const rows = jsonLines('sentiment.jsonl') as { text: string; label: string }[];
  const train = rows.slice(0, 1200);
  const valid = rows.slice(1200);
  const words = (text: string) => [...new Set(text.toLowerCase().match(/[a-z]+/g))];

  test('are 1200 rows to train on and 300 to validate with, the same in each file, none twice', () => {
    const lines = (name: string) => file(name).trimEnd().split('\n').slice(1);
    expect(lines('moods/train.csv')).toHaveLength(1200);
    expect(lines('moods/valid.csv')).toHaveLength(300);
    expect([...lines('moods/train.csv'), ...lines('moods/valid.csv')]).toEqual(lines('sentiment.csv'));
    expect(rows.map(({ text, label }) => `"${text}",${label}`)).toEqual(lines('sentiment.csv'));
    expect(new Set(rows.map(({ text }) => text)).size).toBe(rows.length);
  });

  test('are not told apart by one word, and not well by counting words', () => {
    const labels = [...new Set(rows.map(({ label }) => label))];
    const counts = new Map<string, number[]>();
    for (const { text, label } of train) {
      for (const word of words(text)) {
        if (!counts.has(word))
          counts.set(
            word,
            labels.map(() => 0),
          );
        counts.get(word)![labels.indexOf(label)]! += 1;
      }
    }
    const total = labels.map((label) => train.filter((row) => row.label === label).length);
    const accuracy = (guess: (text: string) => number) =>
      valid.filter(({ text, label }) => labels[guess(text)] === label).length / valid.length;
    const best = (scores: number[]) => scores.indexOf(Math.max(...scores));

    const oneWord = [...counts].map(([word, withWord]) => {
      const without = total.map((n, i) => n - withWord[i]!);
      return accuracy((text) => best(words(text).includes(word) ? withWord : without));
    });
    const naiveBayes = accuracy((text) =>
      best(
        labels.map((_, i) =>
          words(text).reduce((sum, word) => sum + Math.log(((counts.get(word)?.[i] ?? 0) + 1) / (total[i]! + 2)), 0),
        ),
      ),
    );
    expect(Math.max(...oneWord)).toBeLessThan(0.5);
    expect(naiveBayes).toBeGreaterThan(0.5);
    expect(naiveBayes).toBeLessThan(0.85);
    expect(file('README.md')).toContain(`${Math.round(100 * Math.max(...oneWord))} %`);
    expect(file('README.md')).toContain(`${Math.round(100 * naiveBayes)} %`);
  });
});

test('1000 questions have an answer each that is short and made of the words of the story', () => {
  const rows = jsonLines('questions.jsonl') as { prompt: string; completion: string }[];
  expect(rows).toHaveLength(1000);
  for (const { prompt, completion } of rows) {
    expect(prompt.endsWith('\nAnswer:')).toBe(true);
    expect(completion).toMatch(/^ [A-Z].*\.$/);
  }
  const places = rows.filter(({ completion }) => completion.startsWith(' It was hidden'));
  for (const { prompt, completion } of places) {
    expect(prompt).toContain(`${completion.slice(' It was hidden '.length, -1)}.`);
  }
});

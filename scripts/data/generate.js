// Writes the demo data: node scripts/data/generate.js [--out DIR] [--prove N]
// --prove N also searches all derivations of the first N stories and fails unless each has exactly one.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { mood, moods } from './moods.js';
import { draw, read } from './pen.js';
import { question } from './questions.js';
import { sequence } from './random.js';
import { story } from './stories.js';

const seeds = { stories: 1, moods: 2, questions: 3, expectation: 4 };
const storyCount = 520;
const moodCount = { train: 1200, valid: 300 };
const questionCount = 1000;
const expectationCount = 20_000;

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const { values: options } = parseArgs({
  options: { out: { type: 'string', default: join(root, 'data') }, prove: { type: 'string', default: '0' } },
});

/** `count` texts, no two alike. */
function drawMany(grammar, seed, count) {
  const uniform = sequence(seed);
  const seen = new Set();
  const drawn = [];
  while (drawn.length < count) {
    const one = draw(grammar, uniform);
    if (seen.has(one.text)) continue;
    seen.add(one.text);
    drawn.push(one);
  }
  return drawn;
}

const sum = (numbers) => numbers.reduce((a, b) => a + b, 0);
const round = (number, digits) => Number(number.toFixed(digits));

/** Bits and characters of stories; a story's newline counts as one of its characters (it costs no bits). */
function measure(stories) {
  const characters = sum(stories.map(({ text }) => text.length + 1));
  const bits = sum(stories.map((one) => one.bits));
  return { characters, bits: round(bits, 2), bitsPerCharacter: round(bits / characters, 5) };
}

const stories = drawMany(story, seeds.stories, storyCount);
const text = `${stories.map((one) => one.text).join('\n<|endoftext|>')}\n`;
const wordList = text.replaceAll('<|endoftext|>', '').match(/[A-Za-z']+/g);
const uniform = sequence(seeds.expectation);
const expectation = Array.from({ length: expectationCount }, () => draw(story, uniform));
const facts = {
  stories: storyCount,
  bytes: Buffer.byteLength(text),
  words: wordList.length,
  distinctWords: new Set(wordList.map((word) => word.toLowerCase())).size,
  ...measure(stories),
  lastTenth: measure(stories.slice(-storyCount / 10)),
  expectation: { stories: expectationCount, ...measure(expectation) },
};

const labelled = drawMany(mood, seeds.moods, moodCount.train + moodCount.valid);
const rows = labelled.map(({ text, value: label }) => ({ text, label }));
const csv = (part) => `text,label\n${part.map(({ text, label }) => `"${text}",${label}\n`).join('')}`;
const jsonl = (part) => part.map((row) => `${JSON.stringify(row)}\n`).join('');
const questions = drawMany(question, seeds.questions, questionCount);

const files = {
  'stories.txt': text,
  'stories.json': `${JSON.stringify(facts, null, 2)}\n`,
  'sentiment.csv': csv(rows),
  'sentiment.jsonl': jsonl(rows),
  'moods/train.csv': csv(rows.slice(0, moodCount.train)),
  'moods/valid.csv': csv(rows.slice(moodCount.train)),
  'questions.jsonl': jsonl(questions.map(({ text, value }) => ({ prompt: text, completion: ` ${value}` }))),
};
for (const [name, content] of Object.entries(files)) {
  const path = join(options.out, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}

console.log(`stories.txt: ${facts.stories} stories, ${facts.bytes} bytes, ${facts.distinctWords} different words`);
console.log(
  `entropy: ${facts.bits} bits in ${facts.characters} characters: ${facts.bitsPerCharacter} bits a character`,
);
console.log(`over ${expectationCount} stories: ${facts.expectation.bitsPerCharacter} bits a character`);
console.log(
  `moods: ${moods.map((label) => `${rows.filter((row) => row.label === label).length} ${label}`).join(', ')}`,
);

const proved = stories.slice(0, Number(options.prove));
for (const [index, { text, bits }] of proved.entries()) {
  const { derivations } = read(story, text);
  if (derivations.length !== 1 || Math.abs(derivations[0].bits - bits) > 1e-6) {
    throw new Error(`story ${index} has ${derivations.length} derivations`);
  }
}
if (proved.length > 0) console.log(`${proved.length} stories: one derivation each`);

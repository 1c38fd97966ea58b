import { Random } from '../rng.js';
import { byteTokenizer } from '../tokenizer/index.js';
import { textFacts } from './text-facts.js';

const words = ['the king ', 'a queen ', 'speaks of ', 'war ', 'and ', 'peace. ', 'Then ', 'they ride home. '];
const random = new Random(1);
const text = Array.from({ length: 5000 }, () => words[random.integer(words.length)]).join('');
const sample = { bytes: text.length, chunks: [text] };
const options = { tokenizer: 'bpe', vocabSizes: [257, 280, 320], valSplit: 0.1 } as const;

test('bytes are divided as the text will be, larger vocabularies have longer tokens', async () => {
  const facts = await textFacts(sample, options);
  expect(facts.trainBytes + facts.heldOutBytes).toBe(text.length);
  expect(facts.heldOutBytes / text.length).toBeCloseTo(0.1, 4);
  const lengths = facts.vocabularies.map(({ bytesPerToken }) => bytesPerToken);
  expect(lengths[0]).toBe(1); // bytes alone
  expect(lengths).toEqual([...lengths].sort((a, b) => a - b));
});

test('a text of its own is held out whole', async () => {
  const heldOut = { bytes: 1000, chunks: [text.slice(0, 1000)] };
  const facts = await textFacts(sample, { ...options, heldOut });
  expect([facts.trainBytes, facts.heldOutBytes]).toEqual([text.length, 1000]);
});

test('without held-out text the difficulty is still known', async () => {
  const facts = await textFacts(sample, { ...options, valSplit: 0 });
  expect([facts.trainBytes, facts.heldOutBytes]).toEqual([text.length, 0]);
  expect(facts.difficulty).toBeGreaterThan(0.1);
  expect(facts.difficulty).toBeLessThan(1);
});

test('random bytes are harder than words, and a tokenizer that exists is taken as it is', async () => {
  const noise = String.fromCharCode(...Array.from({ length: 40_000 }, () => 32 + random.integer(95)));
  const hard = await textFacts({ bytes: noise.length, chunks: [noise] }, { ...options, tokenizer: byteTokenizer() });
  expect(hard.difficulty).toBeGreaterThan(4);
  expect(hard.vocabularies).toEqual([{ vocabSize: 257, bytesPerToken: 1 }]);
});

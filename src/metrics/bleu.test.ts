// Against sacrebleu (scripts/goldens/bleu.py).
import { readFileSync } from 'node:fs';
import { bleu, bleuSignature, tokenize13a } from './bleu.js';
import { chrf, chrfSignature } from './chrf.js';

interface Golden {
  readonly bleuSignature: string;
  readonly chrfSignature: string;
  readonly rows: readonly (Record<'hypotheses' | 'references', string[]> & Record<'bleu' | 'chrf', number>)[];
}

const golden = JSON.parse(readFileSync('test/goldens/bleu.json', 'utf8')) as Golden;

test.each(golden.rows.map((row, i) => [i, row] as const))('corpus %d has the scores of sacrebleu', (_, row) => {
  expect(bleu(row.hypotheses, row.references)).toBeCloseTo(row.bleu, 9);
  expect(chrf(row.hypotheses, row.references)).toBeCloseTo(row.chrf, 9);
});

test('the signatures are those of sacrebleu, but for its version', () => {
  expect(golden.bleuSignature.replace(/\|version:.*/, '')).toBe(bleuSignature);
  expect(golden.chrfSignature.replace(/\|version:.*/, '')).toBe(chrfSignature);
});

test('a corpus worked by hand', () => {
  // Of 6 words 5 are right, of 5 pairs 4, 3 of 4 triples, 2 of 3 fours: (5/6 * 4/5 * 3/4 * 2/3) ^ (1/4); as long as the reference.
  const score = bleu(['the cat sat on a mat'], ['one cat sat on a mat']);
  expect(score).toBeCloseTo(100 * (1 / 3) ** 0.25, 9);
});

test('numbers keep their periods and commas', () => {
  expect(tokenize13a('It cost 1,000.50, (really).')).toEqual(['It', 'cost', '1,000.50', ',', '(', 'really', ')', '.']);
});

// BLEU of a corpus (Papineni et al. 2002) as sacrebleu computes it (Post 2018, arXiv:1804.08771): tokenizer 13a, exponential
// smoothing, one reference for each text.
import { countCommon, countNgrams, withoutEnd, words } from './n-grams.js';

export const bleuSignature = 'nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp';

const highestOrder = 4;

/** In [0, 100]. @param references one for each hypothesis */
export function bleu(hypotheses: readonly string[], references: readonly string[]): number {
  const right = new Array<number>(highestOrder).fill(0);
  const total = new Array<number>(highestOrder).fill(0);
  let length = 0;
  let referenceLength = 0;
  for (const [i, hypothesis] of hypotheses.entries()) {
    const own = tokenize13a(hypothesis);
    const other = tokenize13a(references[i]!);
    length += own.length;
    referenceLength += other.length;
    for (let n = 1; n <= highestOrder; n++) {
      right[n - 1]! += countCommon(countNgrams(own, n), countNgrams(other, n));
      total[n - 1]! += Math.max(0, own.length - n + 1);
    }
  }
  if (right.every((count) => count === 0) || total.includes(0)) return 0;
  let halvings = 1;
  const logs = right.map((count, i) => {
    if (count === 0) halvings *= 2;
    return Math.log(count > 0 ? (100 * count) / total[i]! : 100 / (halvings * total[i]!));
  });
  const brevity = length < referenceLength ? Math.exp(1 - referenceLength / length) : 1;
  return brevity * Math.exp(logs.reduce((sum, log) => sum + log, 0) / highestOrder);
}

/** The tokens of mteval-v13a: punctuation apart, but for periods and commas inside of numbers. */
export function tokenize13a(text: string): string[] {
  let line = withoutEnd(text).replaceAll('<skipped>', '').replaceAll('-\n', '').replaceAll('\n', ' ');
  line = line.replaceAll('&quot;', '"').replaceAll('&amp;', '&').replaceAll('&lt;', '<').replaceAll('&gt;', '>');
  const spaced = ` ${line} `
    .replace(/[{-~[-` -&(-+:-@/]/g, ' $& ')
    .replace(/([^0-9])([.,])/g, '$1 $2 ')
    .replace(/([.,])([^0-9])/g, ' $1 $2')
    .replace(/([0-9])(-)/g, '$1 $2 ');
  return words(spaced);
}

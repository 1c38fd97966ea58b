// chrF of a corpus (Popović 2015) as sacrebleu computes it: F2 of character n-grams up to 6, without white space, one reference
// for each text.
import { countCommon, countNgrams, words } from './n-grams.js';

export const chrfSignature = 'nrefs:1|case:mixed|eff:yes|nc:6|nw:0|space:no';

const highestOrder = 6;
const beta = 2;

/** In [0, 100]. @param references one for each hypothesis */
export function chrf(hypotheses: readonly string[], references: readonly string[]): number {
  const orders = Array.from({ length: highestOrder }, () => ({ own: 0, other: 0, common: 0 }));
  for (const [i, hypothesis] of hypotheses.entries()) {
    const own = charactersOf(hypothesis);
    const other = charactersOf(references[i]!);
    for (const [order, sums] of orders.entries()) {
      const n = order + 1;
      if (other.length >= n) sums.own += Math.max(0, own.length - n + 1);
      sums.other += Math.max(0, other.length - n + 1);
      sums.common += countCommon(countNgrams(own, n), countNgrams(other, n));
    }
  }
  const counted = orders.filter(({ own, other }) => own > 0 && other > 0);
  if (counted.length === 0) return 0;
  const mean = (shareOf: (sums: (typeof orders)[number]) => number) =>
    counted.reduce((sum, each) => sum + shareOf(each), 0) / counted.length;
  const precision = mean(({ own, common }) => common / own);
  const recall = mean(({ other, common }) => common / other);
  if (precision + recall === 0) return 0;
  return (100 * (1 + beta ** 2) * precision * recall) / (beta ** 2 * precision + recall);
}

const charactersOf = (text: string) => [...words(text).join('')];

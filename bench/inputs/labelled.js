// The public data sets of the finetuning benches: where they lie, their rows, and subsets of them drawn by a seed.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const sets = {
  sst2: { train: 'train.tsv', test: 'dev.tsv', text: 'sentence' },
  ag_news: { train: 'train.csv', test: 'test.csv', text: 'text', unlabelled: 'unlabelled.txt' },
};

/** The folder with sst2/, ag_news/ and multi30k/: what was given, GPT_CLI_DATA, or shared/data beside the repository. */
export function dataFolder(given) {
  const beside = fileURLToPath(new URL('../../../shared/data', import.meta.url));
  const folder = given ?? process.env.GPT_CLI_DATA ?? beside;
  if (existsSync(folder)) return folder;
  throw new Error(
    `no data in ${folder} (--data FOLDER or GPT_CLI_DATA names the folder with sst2/, ag_news/, multi30k/)`,
  );
}

/** The rows of a file as they stand, the header apart; no row of these sets has a line end in quotes. */
export function rowsOf(path) {
  const [header, ...rows] = readFileSync(path, 'utf8').trimEnd().split(/\r?\n/);
  return { header, rows };
}

/** A small generator, so that which rows a seed takes does not depend on the machine. */
export function shuffled(rows, seed) {
  const order = [...rows];
  let state = (seed * 2654435761) >>> 0 || 1;
  for (let i = order.length - 1; i > 0; i--) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    const j = state % (i + 1);
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}

/**
 * Writes a folder with `size` training rows ("all": every one) drawn by the seed, and the test rows as validation data.
 * @param limit only the first test rows
 */
export function writeSubset(source, name, folder, { size, seed, limit }) {
  const set = sets[name];
  mkdirSync(folder, { recursive: true });
  const { header, rows } = rowsOf(join(source, name, set.train));
  const chosen = size === 'all' ? rows : shuffled(rows, seed).slice(0, Number(size));
  const test = rowsOf(join(source, name, set.test));
  const extension = extname(set.train);
  writeFileSync(join(folder, `train${extension}`), [header, ...chosen, ''].join('\n'));
  writeFileSync(join(folder, `valid${extension}`), [test.header, ...test.rows.slice(0, limit), ''].join('\n'));
  return folder;
}

/** Writes the training texts without their labels, and `more` texts behind them, a document each. */
export function writeUnlabelled(source, name, path, more = []) {
  const set = sets[name];
  const texts = set.unlabelled
    ? readFileSync(join(source, name, set.unlabelled), 'utf8')
        .trimEnd()
        .split('\n')
    : textColumn(rowsOf(join(source, name, set.train)), set.text);
  writeFileSync(path, [...texts, ...more].map((text) => `${JSON.stringify({ text: text.trim() })}\n`).join(''));
  return path;
}

function textColumn({ header, rows }, name) {
  const column = header.split('\t').indexOf(name);
  return rows.map((row) => row.split('\t')[column]);
}

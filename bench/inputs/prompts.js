// The labelled sets as prompts that end with the name of a label: rows to finetune on, and multiple choice for `eval --suite`.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rowsOf, sets, shuffled } from './labelled.js';

const prompts = {
  sst2: { names: { 0: 'negative', 1: 'positive' }, ask: (text) => `Review: ${text}\nSentiment:` },
  ag_news: {
    names: { World: 'World', Sports: 'Sports', Business: 'Business', 'Sci/Tech': 'Technology' },
    ask: (text) => `Article: ${text}\nTopic:`,
  },
};

/** Test rows in the training folder: the loss of these few is all that a run measures by itself. */
const watched = 32;

const jsonl = (rows) => rows.map((row) => `${JSON.stringify(row)}\n`).join('');

/**
 * Writes a folder to finetune on, of `size` training rows drawn by the seed (the rows of `writeSubset`), and a suite of the test rows.
 * @param limit only the first test rows
 */
export function writePrompts(source, name, folder, { size, seed, limit }) {
  const set = sets[name];
  const { names, ask } = prompts[name];
  const read = (file) => {
    const { header, rows } = rowsOf(join(source, name, file));
    return { rows, cells: (row) => cellsOf(header, row, set) };
  };
  const [train, test] = [read(set.train), read(set.test)];
  const labels = Object.keys(names);
  const item = ({ text, label }) => ({ prompt: ask(text), completion: ` ${names[label]}` });
  const question = ({ text, label }) => ({
    context: ask(text),
    choices: labels.map((each) => ` ${names[each]}`),
    label: labels.indexOf(label),
  });
  mkdirSync(folder, { recursive: true });
  const drawn = shuffled(train.rows, seed).slice(0, Number(size)).map(train.cells);
  const tested = test.rows.slice(0, limit).map(test.cells);
  writeFileSync(join(folder, 'train.jsonl'), jsonl(drawn.map(item)));
  writeFileSync(join(folder, 'valid.jsonl'), jsonl(tested.slice(0, watched).map(item)));
  const suite = `${folder}.suite.jsonl`;
  writeFileSync(suite, jsonl(tested.map(question)));
  return { rows: folder, suite };
}

/** Text and label of a row: tabs apart, or commas with the text in quotes where it needs them. */
function cellsOf(header, row, { text }) {
  if (header.includes('\t')) {
    const cells = row.split('\t');
    const names = header.split('\t');
    return { text: cells[names.indexOf(text)].trim(), label: cells[names.indexOf('label')] };
  }
  const comma = row.lastIndexOf(',');
  const quoted = row.slice(0, comma);
  const plain = quoted.startsWith('"') ? quoted.slice(1, -1).replaceAll('""', '"') : quoted;
  return { text: plain, label: row.slice(comma + 1) };
}

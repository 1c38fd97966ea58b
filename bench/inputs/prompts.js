// The labelled sets as multiple choice for `eval --suite`: a prompt that a language model would end with the name of the label.
import { join } from 'node:path';
import { rowsOf, sets } from './labelled.js';

const prompts = {
  sst2: { names: { 0: 'negative', 1: 'positive' }, ask: (text) => `Review: ${text}\nSentiment:` },
  ag_news: {
    names: { World: 'World', Sports: 'Sports', Business: 'Business', 'Sci/Tech': 'Technology' },
    ask: (text) => `Article: ${text}\nTopic:`,
  },
};

/** The test rows of a set. @param limit the first ones */
export function labelPrompts(source, name, limit) {
  const { names, ask } = prompts[name];
  const { header, rows } = rowsOf(join(source, name, sets[name].test));
  const labels = Object.keys(names);
  const choices = Object.values(names).map((label) => ` ${label}`);
  return rows.slice(0, limit).map((row) => {
    const { text, label } = cellsOf(header, row, sets[name]);
    return { context: ask(text), choices, label: labels.indexOf(label) };
  });
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

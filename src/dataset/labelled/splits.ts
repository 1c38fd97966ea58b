// Finds the files of a labelled data set: one file, or a folder with train, valid and test.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { GptError } from '../../errors.js';
import { requireThere, statIfThere } from '../../files/index.js';
import { endingOf, stemOf } from '../ending.js';
import { quoteList } from '../quote-list.js';
import { tableExtensions } from './table.js';

export type SplitName = 'train' | 'validation' | 'test';

const stems: ReadonlyMap<string, SplitName> = new Map(
  Object.entries({
    train: 'train',
    training: 'train',
    valid: 'validation',
    validation: 'validation',
    val: 'validation',
    dev: 'validation',
    test: 'test',
  } as const),
);

/**
 * The files by what they are for; a file given by itself is `train`.
 * @throws GptError `data/missing`, `data/folder`: none there, or two for the same part
 */
export function findSplits(path: string): Partial<Record<SplitName, string>> {
  const stat = requireThere(path, 'data/missing');
  if (!stat.isDirectory()) return { train: path };
  const splits: Partial<Record<SplitName, string>> = {};
  const names = readdirSync(path).sort();
  for (const name of names) {
    if (!tableExtensions.includes(endingOf(name))) continue;
    const split = stems.get(stemOf(name).toLowerCase());
    if (split === undefined) continue;
    const before = splits[split];
    const file = join(path, name);
    if (before !== undefined) {
      throw new GptError('data/folder', `${before} and ${file} are both ${split} data`, {
        hint: 'keep one, or name the file itself',
      });
    }
    splits[split] = file;
  }
  if (Object.keys(splits).length === 0) {
    throw new GptError(
      'data/folder',
      `${path} holds no labelled data; there ${names.length === 0 ? 'is nothing' : `are ${quoteList(names)}`}`,
      {
        hint: `a folder has train, valid and test with one of ${tableExtensions.join(' ')}`,
      },
    );
  }
  // In the order in which they are read: what the data is for is decided from the training data.
  const { train, validation, test } = splits;
  return { ...(train && { train }), ...(validation && { validation }), ...(test && { test }) };
}

/** Whether a path is labelled data by its name: a table, or a folder with train, valid or test tables. */
export function isTable(path: string): boolean {
  const stat = statIfThere(path);
  if (!stat?.isDirectory()) return tableExtensions.includes(endingOf(path));
  return readdirSync(path).some(
    (name) => tableExtensions.includes(endingOf(name)) && stems.has(stemOf(name).toLowerCase()),
  );
}

// From what a person typed (files, folders, globs, `-`) to the list of files to read, in a fixed order. Opens nothing.
import { statSync } from 'node:fs';
import { extname, join, resolve } from 'node:path';
import { glob, isDynamicPattern } from 'tinyglobby';
import { GptError } from '../errors.js';
import { requireThere, statIfThere } from '../files/index.js';
import { endingOf } from './ending.js';

/** One thing to read. Its name is the path as the person wrote it, or found below a folder they named. */
export interface Source {
  readonly name: string;
  readonly kind: 'file' | 'stdin';
  /** Plain text, one JSON object a line, or a table of which one column is the text. */
  readonly format: 'text' | 'jsonl' | 'table';
  /** Bytes; 0 for standard input. */
  readonly size: number;
  readonly mtimeMs: number;
  /** Named by the person itself, not found in a folder or by a glob. */
  readonly explicit: boolean;
}

const formats: ReadonlyMap<string, Source['format']> = new Map([
  ['.jsonl', 'jsonl'],
  ['.ndjson', 'jsonl'],
  ['.csv', 'table'],
  ['.tsv', 'table'],
  ['.json', 'table'],
]);

const markup = new Set(['.html', '.htm', '.xhtml', '.xml', '.svg', '.rtf', '.ipynb']);

/** What a person should know of the files that are read as they are: markup is learned like any other text. */
export function sourceWarnings(sources: readonly Source[]): string[] {
  const raw = sources.filter(({ name }) => markup.has(endingOf(name))).map(({ name }) => name);
  if (raw.length === 0) return [];
  const [names, are] = [
    raw.slice(0, 3).join(', ') + (raw.length > 3 ? ` and ${raw.length - 3} more` : ''),
    raw.length === 1 ? 'is' : 'are',
  ];
  return [`${names} ${are} read with the markup, which the model will learn to write; extract the text to avoid this`];
}

/** What a folder is searched for, compressed by gzip or not. A file named by itself may be called anything. */
export const textExtensions = [
  '.txt',
  '.text',
  '.md',
  '.markdown',
  '.rst',
  '.tex',
  '.org',
  '.adoc',
  '.jsonl',
  '.ndjson',
];

/**
 * Folders are searched recursively (hidden files and node_modules skipped); what they and globs give is sorted by
 * path. A file that is named twice is read once.
 * @throws GptError `dataset/missing`, `dataset/no-text`, `dataset/no-match`, `dataset/stdin-twice`
 */
export async function findSources(inputs: readonly string[]): Promise<Source[]> {
  if (inputs.length === 0) {
    throw new GptError('dataset/missing', 'no text was given', {
      hint: 'name files, folders or globs, or - for standard input',
    });
  }
  const sources = new Map<string, Source>();
  for (const input of inputs) {
    if (input === '-') {
      if (sources.has('-')) throw new GptError('dataset/stdin-twice', 'standard input (-) was given twice');
      sources.set('-', { name: 'standard input', kind: 'stdin', format: 'text', size: 0, mtimeMs: 0, explicit: true });
      continue;
    }
    for (const found of await expand(input)) {
      const key = resolve(found.name);
      if (!sources.has(key)) sources.set(key, found);
    }
  }
  return [...sources.values()];
}

async function expand(input: string): Promise<Source[]> {
  const found = isDynamicPattern(input) ? statIfThere(input) : requireThere(input, 'dataset/missing');
  if (found) return found.isDirectory() ? searchFolder(input) : [fileSource(input, true)];
  const pattern = process.platform === 'win32' ? input.replaceAll('\\', '/') : input;
  const names = await glob(pattern, { expandDirectories: false });
  if (names.length === 0) {
    throw new GptError('dataset/no-match', `no file matches ${input}`, {
      hint: '** reaches into folders: "texts/**/*.txt"',
    });
  }
  return names.sort().map((name) => fileSource(name, false));
}

async function searchFolder(folder: string): Promise<Source[]> {
  const names = await glob('**/*', { cwd: folder, ignore: ['**/node_modules/**'] });
  const texts = names.filter((name) => textExtensions.includes(endingOf(name))).sort();
  if (texts.length === 0) {
    const others = [...new Set(names.map((name) => extname(name)).filter((ending) => ending !== ''))].sort();
    const there = others.length > 0 ? `, only ${others.slice(0, 8).join(' ')}` : '';
    throw new GptError(
      'dataset/no-text',
      `the folder ${folder} holds no text files (${textExtensions.join(' ')})${there}`,
      {
        hint: `other endings can be named by a glob: "${join(folder, '**', `*${others[0] ?? '.txt'}`).replaceAll('\\', '/')}"`,
      },
    );
  }
  return texts.map((name) => fileSource(join(folder, name), false));
}

function fileSource(name: string, explicit: boolean): Source {
  const { size, mtimeMs } = statSync(name);
  const format = formats.get(endingOf(name)) ?? 'text';
  return { name, kind: 'file', format, size, mtimeMs, explicit };
}

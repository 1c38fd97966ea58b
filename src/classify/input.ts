// The texts to classify, one example at a time: from a list, a stream of lines, or the rows of a file of any size.
import { createReadStream } from 'node:fs';
import {
  type ChoiceExample,
  type ClassifyExample,
  decodeText,
  endingOf,
  type Findings,
  readBytes,
  splitLines,
  streamExamples,
  throwing,
} from '../dataset/index.js';
import { GptError } from '../errors.js';
import { isPipe } from '../files/index.js';

export type Classified = ClassifyExample | ChoiceExample;

export type ClassifyInput =
  | AsyncIterable<string>
  | Iterable<string>
  | { readonly file: string }
  | { readonly stdin: NodeJS.ReadableStream };

interface ExampleSource {
  /** The model, for errors. */
  readonly run: string;
  readonly input: ClassifyInput;
  readonly textColumns?: readonly string[] | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * @param findings gets the problems of the rows
 * @param choosing whether the model chooses between answers
 * @throws GptError `classify/choices` for texts without choices, `data/...` for a broken file
 */
export async function* examplesOf(
  options: ExampleSource,
  findings: Findings,
  choosing: boolean,
): AsyncGenerator<Classified> {
  const { input, textColumns, signal } = options;
  if (choosing && (!('file' in input) || isPlain(input.file))) {
    throw new GptError('classify/choices', `${options.run} chooses between answers; a text alone has none`, {
      hint: 'give --input a CSV, TSV or JSONL file with columns such as question and choices',
    });
  }
  if ('stdin' in input) {
    yield* plainTexts({ name: 'standard input', kind: 'stdin' }, { stdin: input.stdin, signal });
    return;
  }
  if (!('file' in input)) {
    let line = 0;
    for await (const text of input) yield { kind: 'classify', place: `line ${++line}`, text: text.trim() };
    return;
  }
  const { file } = input;
  if (isPlain(file)) {
    yield* plainTexts({ name: file, kind: 'file' }, { signal });
    return;
  }
  const task = choosing ? 'choice' : 'classify';
  const columns = { task, needLabel: false, ...(textColumns && { textColumns }) } as const;
  const report = throwing((problem) => findings.add(problem));
  for await (const example of streamExamples(file, { ...columns, signal }, report)) yield example as Classified;
}

const isPlain = (file: string) => ['.txt', '.md', ''].includes(endingOf(file));

/** The lines that are not blank, each by its number in the file. Special tokens in them are text like any other. */
async function* plainTexts(
  source: { readonly name: string; readonly kind: 'file' | 'stdin' },
  options: { readonly stdin?: NodeJS.ReadableStream; readonly signal?: AbortSignal | undefined },
): AsyncGenerator<ClassifyExample> {
  const chunks = decodeText(readBytes(source, options), source.name);
  for await (const { line, text } of splitLines(chunks, source.name)) {
    if (text.trim() !== '') yield { kind: 'classify', place: `${source.name}:${line}`, text: text.trim() };
  }
}

/** About how many rows a file has: its line ends, for the bar. Unknown of what can be read only once. */
export async function rowsOf(file: string): Promise<number | undefined> {
  if (isPipe(file)) return undefined;
  let count = 0;
  const stream = createReadStream(file);
  stream.on('error', () => {}); // reported where the rows are read
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) for (const byte of chunk) if (byte === 10) count++;
  } catch {
    return 1;
  }
  return Math.max(1, isPlain(file) || file.endsWith('l') ? count : count - 1);
}

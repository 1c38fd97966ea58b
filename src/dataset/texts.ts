// Reads the text a person names as a stream of pieces: files, folders, globs, standard input. Never holds a whole file.
import { GptError } from '../errors.js';
import type { TextPiece } from '../tokenizer/types.js';
import { type ReadBytesOptions, readBytes } from './bytes.js';
import { decodeText } from './decode.js';
import { jsonDocuments, noTextKey, once, splitDocuments } from './documents.js';
import { throwing } from './labelled/problems.js';
import { openTable } from './labelled/table.js';
import { findSources, type Source } from './sources.js';

export interface ReadTextsOptions extends ReadBytesOptions {
  /** The key, or column, of the text in JSONL, JSON, CSV and TSV; default `text`. */
  readonly textKey?: string;
  /** Called when the next source begins. */
  readonly onSource?: () => void;
}

/**
 * The texts in the order given, in pieces. Each file, each JSONL line is a document; so is each part of a file between
 * literal <|endoftext|>. Byte order marks are stripped, UTF-16 with a mark is converted, line ends are kept.
 * @throws GptError `dataset/*`: missing, empty, binary, not UTF-8, a broken JSON line
 */
export async function* readTexts(inputs: readonly string[], options: ReadTextsOptions = {}): AsyncGenerator<TextPiece> {
  yield* readSources(await findSources(inputs), options);
}

/** `readTexts` of sources already found. */
export async function* readSources(
  sources: readonly Source[],
  options: ReadTextsOptions = {},
): AsyncGenerator<TextPiece> {
  let anyText = false;
  for (const source of sources) {
    let empty = true;
    options.onSource?.();
    for await (const piece of readSource(source, options)) {
      empty = false;
      anyText = true;
      yield piece;
    }
    if (empty && source.explicit) throw emptyError(source.name);
  }
  if (!anyText) throw emptyError(sources.map(({ name }) => name).join(', '));
}

function readSource(source: Source, options: ReadTextsOptions): AsyncGenerator<TextPiece> {
  const textKey = options.textKey ?? 'text';
  if (source.format === 'table') return tableDocuments(source.name, textKey, options);
  const text = decodeText(readBytes(source, options), source.name);
  return source.format === 'jsonl' ? jsonDocuments(text, source.name, textKey) : splitDocuments(text);
}

/** The rows of a CSV, TSV or JSON file: each text is a document, empty ones are none. */
async function* tableDocuments(
  name: string,
  textKey: string,
  { signal, onBytes }: ReadTextsOptions,
): AsyncGenerator<TextPiece> {
  const table = await openTable(
    name,
    throwing(() => {}),
    signal,
    onBytes,
  );
  try {
    if (!table.columns.includes(textKey)) throw noTextKey(name, textKey, table.columns);
    for await (const { values, place } of table.rows) {
      const text = Object.hasOwn(values, textKey) ? values[textKey] : undefined;
      if (typeof text === 'string') yield* splitDocuments(once(text));
      else if (text !== null && text !== undefined)
        throw new GptError('dataset/text-type', `${place}: "${textKey}" is a ${typeof text}, not a string`);
    }
  } finally {
    await table.close();
  }
}

function emptyError(name: string): GptError {
  return new GptError('dataset/empty', `${name} is empty`, { hint: 'there is no text to learn from' });
}

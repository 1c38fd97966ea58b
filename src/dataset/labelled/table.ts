// A file of rows with named columns, whatever its format: CSV, TSV, JSONL, or one JSON array.
import { GptError } from '../../errors.js';
import { requireThere } from '../../files/index.js';
import { readBytes } from '../bytes.js';
import { decodeText } from '../decode.js';
import { parseJsonLines } from '../documents.js';
import { endingOf } from '../ending.js';
import { parseJsonValue } from '../json-values.js';
import { quoteList } from '../quote-list.js';
import { type Fields, readCsv } from './csv.js';
import type { Report } from './problems.js';
import { readTsv } from './tsv.js';

export interface Row {
  /** `train.csv:12`, the line on which it begins; for a JSON array its element. */
  readonly place: string;
  /** Strings out of CSV and TSV, anything out of JSON. */
  readonly values: Readonly<Record<string, unknown>>;
}

export interface Table {
  readonly name: string;
  /** In the order of the file; of JSON, the keys of the first hundred rows. */
  readonly columns: readonly string[];
  readonly rows: AsyncIterable<Row>;
  /** Closes the file, read to its end or not. */
  close(): Promise<void>;
}

export const tableExtensions = ['.csv', '.tsv', '.jsonl', '.ndjson', '.json'];

const peekedRows = 100;

/** A JSON array is read whole. */
const longestArray = 1 << 28;

/**
 * Opens a file of rows, compressed (.csv.gz) or not. Broken rows go to `report`, and are skipped if it returns.
 * @throws GptError `data/missing`, `data/format`, `data/empty`, `data/header`, and what decoding finds
 */
export async function openTable(
  path: string,
  report: Report,
  signal?: AbortSignal,
  onBytes?: (count: number) => void,
): Promise<Table> {
  requireThere(path, 'data/missing');
  const extension = endingOf(path);
  if (!tableExtensions.includes(extension)) {
    throw new GptError('data/format', `${path} has the ending "${extension}", which is no labelled data`, {
      hint: `known are ${tableExtensions.join(' ')}; plain text is for gpt-cli pretrain`,
    });
  }
  const text = decodeText(readBytes({ name: path, kind: 'file' }, { signal, onBytes }), path);
  if (extension === '.csv') return delimitedTable(path, readCsv(text, path, report), report);
  if (extension === '.tsv') return delimitedTable(path, readTsv(text, path), report);
  return jsonTable(path, extension === '.json' ? readJsonArray(text, path) : readJsonLines(text, path, report));
}

async function delimitedTable(name: string, lines: AsyncGenerator<Fields>, report: Report): Promise<Table> {
  const head = await lines.next();
  if (head.done) throw emptyError(name);
  const close = () => closing(lines);
  const columns = head.value.fields.map((field, index) => field.trim() || `column ${index + 1}`);
  const twice = columns.find((column, index) => columns.indexOf(column) !== index);
  if (twice !== undefined) {
    await close();
    const message = `${name}:${head.value.line}: the column ${JSON.stringify(twice)} is there twice`;
    throw new GptError('data/header', message, {
      hint: 'the first line names the columns, each with a name of its own',
    });
  }
  async function* rows(): AsyncGenerator<Row> {
    for await (const { line, fields } of lines) {
      const place = `${name}:${line}`;
      if (fields.length !== columns.length) {
        const message = `${fields.length} fields where the header has ${columns.length}`;
        const hint = `the columns are ${quoteList(columns)}; text with the delimiter or line ends in it needs quotes`;
        report({ severity: 'error', code: 'ragged', message, place, hint });
        continue;
      }
      yield { place, values: Object.fromEntries(columns.map((column, index) => [column, fields[index]])) };
    }
  }
  return { name, columns, rows: rows(), close };
}

async function jsonTable(name: string, rows: AsyncGenerator<Row>): Promise<Table> {
  const peeked: Row[] = [];
  while (peeked.length < peekedRows) {
    const { done, value } = await rows.next();
    if (done) break;
    peeked.push(value);
  }
  if (peeked.length === 0) throw emptyError(name);
  const columns = [...new Set(peeked.flatMap(({ values }) => Object.keys(values)))];
  async function* all(): AsyncGenerator<Row> {
    yield* peeked;
    yield* rows;
  }
  return { name, columns, rows: all(), close: () => closing(rows) };
}

async function* readJsonLines(text: AsyncIterable<string>, name: string, report: Report): AsyncGenerator<Row> {
  const broken = (error: GptError, place: string) =>
    report({
      severity: 'error',
      code: 'json',
      message: error.message.slice(place.length + 2),
      place,
      ...(error.hint && { hint: error.hint }),
    });
  for await (const { line, value } of parseJsonLines(text, name, broken))
    yield { place: `${name}:${line}`, values: value };
}

async function* readJsonArray(text: AsyncIterable<string>, name: string): AsyncGenerator<Row> {
  const pieces: string[] = [];
  let length = 0;
  for await (const chunk of text) {
    pieces.push(chunk);
    length += chunk.length;
    if (length > longestArray) {
      throw new GptError('data/json', `${name}: a JSON array of more than ${longestArray} characters is not read`, {
        hint: 'write it as JSONL, one object a line: files of any size can then be read',
      });
    }
  }
  const whole = pieces.join('');
  const hint = 'a .json file holds one array of objects; with one object a line call it .jsonl';
  let value: unknown;
  try {
    value = parseJsonValue(whole);
  } catch (cause) {
    throw new GptError('data/json', `${name}: not JSON: ${(cause as Error).message}`, { hint, cause });
  }
  if (!Array.isArray(value)) throw new GptError('data/json', `${name}: not an array`, { hint });
  for (const [index, element] of value.entries()) {
    const place = `${name} element ${index + 1}`;
    if (typeof element !== 'object' || element === null || Array.isArray(element)) {
      throw new GptError('data/json', `${place}: not an object`, { hint });
    }
    yield { place, values: element as Record<string, unknown> };
  }
}

/** Ends a generator wherever it is, so that the file below it is closed. */
async function closing(generator: AsyncGenerator): Promise<void> {
  await generator.return(undefined);
}

function emptyError(name: string): GptError {
  return new GptError('data/empty', `${name} has no rows`, { hint: 'the first line names the columns: text,label' });
}

// TSV, streaming, one row a line. Knows no columns.
import { splitLines } from '../documents.js';
import type { Fields } from './csv.js';

/**
 * A quote is a character like any other (SST-2 is written so), unless a field begins with one and ends with one, with
 * those inside doubled. Blank lines are skipped.
 */
export async function* readTsv(text: AsyncIterable<string>, name: string): AsyncGenerator<Fields> {
  for await (const { line, text: row } of splitLines(text, name)) {
    if (row !== '') yield { line, fields: splitTabs(row) };
  }
}

const quoted = /"((?:[^"]|"")*)"(?=\t|$)/y;

function splitTabs(row: string): string[] {
  if (!row.includes('"')) return row.split('\t');
  const fields: string[] = [];
  for (let at = 0; at <= row.length; ) {
    quoted.lastIndex = at;
    const match = quoted.exec(row);
    const tab = row.indexOf('\t', match ? quoted.lastIndex : at);
    const end = tab < 0 ? row.length : tab;
    fields.push(match ? match[1]!.replaceAll('""', '"') : row.slice(at, end));
    at = end + 1;
  }
  return fields;
}

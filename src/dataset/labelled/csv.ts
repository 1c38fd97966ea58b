// CSV, streaming, with the line on which each row begins. Our own parser, because a wrong quote in one row must cost that
// row alone (csv-parse reads on to the end of the file), and the line numbers must hold over quoted line ends.
import type { Report } from './problems.js';

export interface Fields {
  /** Where the row begins, from 1. */
  readonly line: number;
  readonly fields: readonly string[];
}

/** A quote that is not closed within so many UTF-16 units is taken for a stray one. */
const longestRow = 1 << 24;

/**
 * CSV as RFC 4180 has it: quotes hold delimiters, line ends and doubled quotes. The delimiter is what the first line has:
 * comma, else semicolon, tab or bar. Blank lines are left out. A quote that is nowhere closed, or closed inside of other
 * text lines below, is an error and costs its row; one that is not where quotes belong is kept as text, with a warning.
 */
export async function* readCsv(text: AsyncIterable<string>, name: string, report: Report): AsyncGenerator<Fields> {
  let buffer = '';
  let parser: RowParser | undefined;
  let line = 1;
  let enough = 0; // a row that was not complete is tried again when the text has doubled
  function* rows(atEnd: boolean): Generator<Fields> {
    if (!atEnd && (buffer.length < enough || !/[\r\n]/.test(buffer))) return;
    parser ??= new RowParser(delimiterOf(buffer));
    let at = 0;
    while (at < buffer.length) {
      const row = parser.row(buffer, at, atEnd);
      if (row === undefined) break;
      if (row.fault) report({ ...row.fault, place: `${name}:${line}` });
      if (row.fault?.severity !== 'error' && (row.fields.length > 1 || row.fields[0] !== ''))
        yield { line, fields: row.fields };
      line += buffer.slice(at, row.end).match(/\r\n|\n|\r/g)?.length ?? 0;
      at = row.end;
    }
    buffer = buffer.slice(at);
    enough = buffer.length * 2;
  }
  for await (const chunk of text) {
    buffer += chunk;
    yield* rows(false);
  }
  yield* rows(true);
}

function delimiterOf(text: string): string {
  const first = text.split(/[\r\n]/, 1)[0]!;
  return [',', ';', '\t', '|'].find((candidate) => first.includes(candidate)) ?? ',';
}

interface ParsedRow {
  readonly fields: readonly string[];
  /** Behind its line end. */
  readonly end: number;
  readonly fault: { severity: 'error' | 'warning'; code: string; message: string; hint: string } | undefined;
}

const hint = 'a field with quotes in it is written in quotes, with each of its quotes doubled: "he said ""yes"""';

class RowParser {
  private readonly stop: RegExp;

  constructor(private readonly delimiter: string) {
    this.stop = new RegExp(`[\\r\\n${delimiter === '|' ? '\\|' : delimiter}]`, 'g');
  }

  /** The row that begins at `at`; undefined when the text ends before it does, and more is to come. */
  row(text: string, at: number, atEnd: boolean): ParsedRow | undefined {
    const whole = atEnd || text.length - at > longestRow;
    const fields: string[] = [];
    let fault: ParsedRow['fault'];
    for (let from = at; ; ) {
      let end: number;
      const close = text[from] === '"' ? closingQuote(text, from + 1) : undefined;
      if (close !== undefined && !whole && close + 1 >= text.length) return undefined;
      if (close !== undefined && close < text.length && this.ends(text, close + 1)) {
        fields.push(text.slice(from + 1, close).replaceAll('""', '"'));
        end = close + 1;
      } else {
        this.stop.lastIndex = from;
        end = this.stop.exec(text)?.index ?? text.length;
        const field = text.slice(from, end);
        fields.push(field);
        if (close !== undefined && close > end) fault = unclosed(close >= text.length);
        else if (field.includes('"'))
          fault ??= {
            severity: 'warning',
            code: 'stray-quote',
            message: 'a quote where none belongs, kept as text',
            hint,
          };
      }
      if (text[end] === this.delimiter) {
        from = end + 1;
        continue;
      }
      if (end + 1 >= text.length && !atEnd) return undefined; // a \n may follow \r, a quote a quote
      return { fields, end: end + (text.startsWith('\r\n', end) ? 2 : 1), fault };
    }
  }

  private ends(text: string, at: number): boolean {
    return at >= text.length || text[at] === this.delimiter || text[at] === '\n' || text[at] === '\r';
  }
}

/** The next quote that is not one of two; the text's length if there is none. */
function closingQuote(text: string, from: number): number {
  for (let at = from; ; at += 2) {
    at = text.indexOf('"', at);
    if (at < 0) return text.length;
    if (text[at + 1] !== '"') return at;
  }
}

function unclosed(never: boolean): ParsedRow['fault'] {
  const message = never
    ? 'a quote is opened and never closed'
    : 'a quote is opened, and closed lines below in the midst of text';
  return { severity: 'error', code: 'quotes', message, hint };
}

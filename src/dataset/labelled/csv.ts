// CSV, streaming, with the line on which each row begins. csv-parse does the reading, piece by piece. It reads on to the end
// of the file after a quote that is not closed; here only such a row is skipped, and reading continues in its next line.
import { CsvError, parse } from 'csv-parse/sync';
import type { Report } from './problems.js';

export interface Fields {
  /** Where the row begins, from 1. */
  readonly line: number;
  readonly fields: readonly string[];
}

/** A quote that is not closed within so many bytes is taken for a stray one. */
const longestRow = 1 << 24;

const lf = 10;
const cr = 13;

/**
 * CSV as RFC 4180 has it: quotes hold delimiters, line ends and doubled quotes. The delimiter is what the first line has
 * outside quotes: comma, else semicolon, tab or bar; or what Excel's first line `sep=;` says. Blank lines are skipped. A
 * quote that is nowhere closed, or closed inside of other text lines below, is an error and costs its row; one that is not
 * where quotes belong is kept as text, with a warning.
 */
export async function* readCsv(text: AsyncIterable<string>, name: string, report: Report): AsyncGenerator<Fields> {
  let held: Buffer = Buffer.alloc(0);
  let delimiter: string | undefined;
  let line = 1;
  let enough = 0; // a row that was not complete is tried again when the text has doubled
  function* rows(atEnd: boolean): Generator<Fields> {
    if (delimiter === undefined) {
      const named = /^("?)sep=(.)\1(?:\r?\n|\r)/.exec(held.toString('latin1', 0, 10));
      if (named) {
        held = held.subarray(named[0].length);
        line++;
      }
      delimiter = named?.[2] ?? delimiterOf(held);
    }
    for (let again = true; again; ) {
      const { complete, broken } = parsePiece(held, delimiter);
      let from = 0;
      for (const { fields, stray, end } of complete) {
        if (end === held.length && !atEnd) break; // there may be more of it
        const raw = held.subarray(from, end);
        const begins = line + blankLines(raw);
        if (stray) report({ ...faults.stray, place: `${name}:${begins}` });
        yield { line: begins, fields };
        line += lineEnds(raw);
        from = end;
      }
      held = held.subarray(from);
      again = broken !== undefined && (!broken.open || atEnd || held.length > longestRow);
      if (again) {
        const blank = blankLines(held);
        report({ ...faults[broken!.open ? 'open' : 'closedLater'], place: `${name}:${line + blank}` });
        const lines = blank + broken!.linesBefore + 1;
        held = held.subarray(lineStart(held, lines));
        line += lines;
      }
    }
    enough = held.length * 2;
  }
  let arrived: Buffer[] = []; // joined when there is enough: a long row would otherwise cost its square
  let length = 0;
  let lineEnded = false;
  for await (const chunk of text) {
    const bytes = Buffer.from(chunk);
    arrived.push(bytes);
    length += bytes.length;
    lineEnded ||= bytes.includes(lf) || bytes.includes(cr);
    if (!lineEnded || held.length + length < enough) continue;
    held = Buffer.concat([held, ...arrived]);
    [arrived, length] = [[], 0];
    yield* rows(false);
    lineEnded = held.includes(lf) || held.includes(cr);
  }
  held = Buffer.concat([held, ...arrived]);
  yield* rows(true);
}

const hint = 'a field with quotes in it is written in quotes, with each of its quotes doubled: "he said ""yes"""';

const faults = {
  stray: { severity: 'warning', code: 'stray-quote', message: 'a quote where none belongs, kept as text', hint },
  open: { severity: 'error', code: 'quotes', message: 'a quote is opened and never closed', hint },
  closedLater: {
    severity: 'error',
    code: 'quotes',
    message: 'a quote is opened, and closed lines below in the midst of text',
    hint,
  },
} as const;

interface Row {
  readonly fields: readonly string[];
  /** Whether a quote in it was kept as text. */
  readonly stray: boolean;
  /** Behind its line end, in bytes from the piece's beginning; the blank lines before it are counted with it. */
  readonly end: number;
}

/** The row behind the complete ones, with a wrong quote in it. Thrown to leave csv-parse: no Error, a stack costs more than the row. */
class Broken {
  constructor(
    /** Whether the quote is open to the text's end, instead of closed in a wrong place. */
    readonly open: boolean,
    /** How many line ends of the row are in the fields before the wrong one. */
    readonly linesBefore: number,
  ) {}
}

/** The rows of a text until its end or the first wrong quote. */
function parsePiece(text: Buffer, delimiter: string): { complete: readonly Row[]; broken?: Broken } {
  const options = {
    delimiter,
    record_delimiter: ['\r\n', '\n', '\r'],
    relax_quotes: true,
    relax_column_count: true,
    skip_empty_lines: true,
  };
  const complete: Row[] = [];
  const start = () => complete.at(-1)?.end ?? 0;
  const before = (fields: readonly string[]) => lineEnds(Buffer.from(fields.join(delimiter)));
  /** Fields with quotes that are not there in quotes and doubled: csv-parse keeps those as text, even over line ends. */
  const strayFields = (fields: readonly string[], end: number) => {
    const quoted = fields.filter((field) => field.includes('"'));
    if (quoted.length === 0) return quoted;
    const raw = text.toString('utf8', start(), end);
    return quoted.filter((field) => !raw.includes(`"${field.replaceAll('"', '""')}"`));
  };
  const closedLater = (fields: readonly string[], stray: readonly string[]) => {
    const wrong = stray.find((field) => /[\r\n]/.test(field));
    return wrong === undefined ? undefined : new Broken(false, before(fields.slice(0, fields.indexOf(wrong))));
  };
  const onRecord = (fields: string[], { bytes: end }: { bytes: number }) => {
    const stray = strayFields(fields, end);
    const broken = closedLater(fields, stray);
    if (broken) throw broken;
    complete.push({ fields, stray: stray.length > 0, end });
    return null; // csv-parse keeps no list of its own
  };
  try {
    parse(text, { ...options, on_record: onRecord });
    return { complete };
  } catch (error) {
    if (error instanceof Broken) return { complete, broken: error };
    if (!(error instanceof CsvError && error.code === 'CSV_QUOTE_NOT_CLOSED')) throw error;
    const end = Math.max(error['bytes'] as number, start()); // of the last field that is closed
    const fields = parse(text.subarray(start(), end), options)[0] ?? [];
    return { complete, broken: closedLater(fields, strayFields(fields, end)) ?? new Broken(true, before(fields)) };
  }
}

/** Quotes count only where a field begins: one in the midst of a name is a character like any other. */
function delimiterOf(text: Buffer): string {
  const outside = text.toString('utf8').replace(/(^|[,;\t|])"(?:[^"]|"")*"/g, '$1');
  const [header = ''] = outside.split(/[\r\n]/, 1);
  return [',', ';', '\t', '|'].find((candidate) => header.includes(candidate)) ?? ',';
}

function lineEnds(text: Buffer): number {
  let count = 0;
  for (let at = 0; at < text.length; at++) if (isLineEnd(text, at)) count++;
  return count;
}

/** Where the text's line number `count`, from 0, begins; its length if there are fewer. */
function lineStart(text: Buffer, count: number): number {
  let at = 0;
  for (let left = count; left > 0 && at < text.length; at++) if (isLineEnd(text, at)) left--;
  return at;
}

/** At the last byte of \n, \r or \r\n. */
function isLineEnd(text: Buffer, at: number): boolean {
  return text[at] === lf || (text[at] === cr && text[at + 1] !== lf);
}

function blankLines(text: Buffer): number {
  let at = 0;
  while (text[at] === lf || text[at] === cr) at++;
  return lineEnds(text.subarray(0, at));
}

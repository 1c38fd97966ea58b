import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { collect, errorOf, inChunks, temporaryFolder } from '../fixtures.js';
import { readCsv } from './csv.js';
import { type Problem, throwing } from './problems.js';
import { openTable } from './table.js';

const folder = temporaryFolder();
let count = 0;

async function rowsOf(ending: string, content: string, report = throwing(() => {})) {
  const path = folder.write(`t${count++}${ending}`, content);
  const table = await openTable(path, report);
  const rows = await collect(table.rows);
  return {
    path,
    columns: table.columns,
    rows: rows.map(({ values }) => Object.values(values)),
    places: rows.map(({ place }) => place.slice(path.length)),
  };
}

test('CSV: quotes hold commas, line ends and quotes; places are the lines on which rows begin', async () => {
  const csv = 'text,label\n"a, b",1\n\n"two\r\nlines",2\n"say ""hi""",3\nplain,4';
  const { columns, rows, places } = await rowsOf('.csv', csv);
  expect(columns).toEqual(['text', 'label']);
  expect(rows).toEqual([
    ['a, b', '1'],
    ['two\r\nlines', '2'],
    ['say "hi"', '3'],
    ['plain', '4'],
  ]);
  expect(places).toEqual([':2', ':4', ':6', ':7']);
});

test('CSV: semicolons and tabs are found out, a byte order mark and Windows line ends do no harm', async () => {
  expect((await rowsOf('.csv', '\ufeffText ;Label\r\n1,5;yes\r\n')).columns).toEqual(['Text', 'Label']);
  expect((await rowsOf('.csv', 'text\tlabel\r\na;b\tc\r\n')).rows).toEqual([['a;b', 'c']]);
  expect((await rowsOf('.csv', 'text\njust one column\n')).rows).toEqual([['just one column']]);
});

test('TSV: a quote is a character like any other, unless the field is properly quoted', async () => {
  const tsv = 'sentence\tlabel\n"good" film\t1\nit \'s " odd\t0\n"a ""quoted""\tfield"\t1\n"open\t0\n\n"\t1\n""\t"x"\n';
  expect((await rowsOf('.tsv', tsv)).rows).toEqual([
    ['"good" film', '1'],
    ['it \'s " odd', '0'],
    ['a "quoted"\tfield', '1'],
    ['"open', '0'],
    ['"', '1'],
    ['', 'x'],
  ]);
});

test('JSONL: the columns are the keys of the rows', async () => {
  const { columns, rows, places } = await rowsOf('.jsonl', '{"text":"a","label":1}\n\n{"text":"b","label":0,"id":7}\n');
  expect(columns).toEqual(['text', 'label', 'id']);
  expect(rows).toEqual([
    ['a', 1],
    ['b', 0, 7],
  ]);
  expect(places).toEqual([':1', ':3']);
});

test('JSON: an array of objects is read too', async () => {
  const { rows, places } = await rowsOf('.json', '[{"instruction":"x"},\n{"instruction":"y"}]');
  expect(rows).toEqual([['x'], ['y']]);
  expect(places).toEqual([' element 1', ' element 2']);
});

test.each([
  ['.csv', 'text,label\na,1\nb\n', /csv:3: 1 fields where the header has 2/],
  ['.csv', 'text,label\na, with a comma,1\n', /csv:2: 3 fields where the header has 2/],
  ['.tsv', 'text\tlabel\na\t1\nb\t2\t3\n', /tsv:3: 3 fields/],
  ['.csv', 'text,label\na,1\n"open,2\nc,3\n', /csv:3: a quote is opened and never closed/],
  ['.csv', 'text,label\na,1\n"open,2\nc,3\n"d",4\n', /csv:3: a quote is opened, and closed lines below/],
  ['.csv', 'text,text\na,1\n', /csv:1: the column "text" is there twice/],
  ['.csv', '', /has no rows/],
  ['.jsonl', '\n', /has no rows/],
  ['.jsonl', '{"text":"a"}\n{"text":\n', /jsonl:2: not JSON/],
  ['.jsonl', '[1]\n', /jsonl:1: an array where an object/],
  ['.json', '{"text":"a"}', /not an array/],
  ['.json', '[{"text":"a"}, 3]', /element 2: not an object/],
  ['.docx', 'x', /the ending "\.docx"/],
])('broken data is named by its line: %s %j', async (ending, content, message) => {
  expect((await errorOf(() => rowsOf(ending, content))).message).toMatch(message);
});

test('CSV: a quote where none belongs is kept as text, with a warning', async () => {
  const problems: Problem[] = [];
  const csv = await rowsOf(
    '.csv',
    'text,label\n"a" b,1\nc "d" e,2\n"f",3\n',
    throwing((problem) => problems.push(problem)),
  );
  expect(csv.rows).toEqual([
    ['"a" b', '1'],
    ['c "d" e', '2'],
    ['f', '3'],
  ]);
  expect(problems.map(({ code, place }) => `${code}${place!.slice(csv.path.length)}`)).toEqual([
    'stray-quote:2',
    'stray-quote:3',
  ]);
});

test('CSV: any table comes back, in chunks of any size, as csv-parse reads it', async () => {
  const field = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r\n', '\r', ' ', 'é'), maxLength: 6 });
  const quote = (text: string) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const ends = fc.constantFrom('\n', '\r\n');
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(field, field), { minLength: 1, maxLength: 6 }),
      ends,
      fc.integer({ min: 1, max: 9 }),
      async (rows, end, size) => {
        const text = `x,y${end}${rows.map((row) => row.map(quote).join(',')).join(end)}`;
        const read = await collect(
          readCsv(
            inChunks(text, size),
            'file',
            throwing(() => {}),
          ),
        );
        expect(read.map(({ fields }) => fields).slice(1)).toEqual(rows);
        expect(parse(text, { record_delimiter: end }).slice(1)).toEqual(rows);
        let line = 2;
        for (const [index, row] of rows.entries()) {
          expect(read[index + 1]!.line).toBe(line);
          line += 1 + (row.join().match(/\r\n|\n|\r/g)?.length ?? 0);
        }
      },
    ),
  );
});

test.each([
  ['fields before it that span lines', '"a\r\nb","open,1\nc,1\n', ['c,1:4'], ['quotes:2']],
  [
    'a quote closed wrongly below, and one never closed on that line',
    '"open,1\nc,1\nx" y,"z\nd,1\n',
    ['c,1:3', 'd,1:5'],
    ['quotes:2', 'quotes:4'],
  ],
  ['a stray quote in the same row', 'c "d" e,"open\nf,1\n', ['f,1:3'], ['quotes:2']],
  ['the last line, without a line end', 'c,1\n"open,1', ['c,1:2'], ['quotes:3']],
  ['each row', '"b,1\n"c,1\n\n"d,1\n', [], ['quotes:2', 'quotes:3', 'quotes:5']],
  [
    'no row, but a quoted line end behind a stray quote',
    'c "d" e,"f\ng"\n\nh,1\n',
    ['c "d" e,f\ng:2', 'h,1:5'],
    ['stray-quote:2'],
  ],
])('CSV: a wrong quote costs its own row alone: %s', async (_, content, rows, faults) => {
  for (const size of [1, 3, 100]) {
    const problems: Problem[] = [];
    const text = inChunks(`x,y\n${content}`, size);
    const read = await collect(readCsv(text, 'file', (problem) => problems.push(problem)));
    expect(read.slice(1).map(({ line, fields }) => `${fields.join()}:${line}`)).toEqual(rows);
    expect(problems.map(({ code, place }) => place!.replace('file', code))).toEqual(faults);
  }
});

test('a report that returns lets the reading go on behind a broken row', async () => {
  const problems: Problem[] = [];
  const csv = await rowsOf('.csv', 'text,label\na,1\nb\n"c,1\ne,1\n', (problem) => problems.push(problem));
  expect(csv.rows).toEqual([
    ['a', '1'],
    ['e', '1'],
  ]);
  const jsonl = await rowsOf('.jsonl', '{"text":1}\n{]\n{"text":2}\n', (problem) => problems.push(problem));
  expect(jsonl.rows).toEqual([[1], [2]]);
  expect(problems.map(({ code, place }) => `${code} ${place?.replace(/.*:/, '')}`)).toEqual([
    'ragged 3',
    'quotes 4',
    'json 2',
  ]);
});

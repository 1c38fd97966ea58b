import { byteTokenizer } from '../../tokenizer/index.js';
import { temporaryFolder } from '../fixtures.js';
import { checkData } from './check.js';

const folder = temporaryFolder();
const found = (report: Awaited<ReturnType<typeof checkData>>) =>
  Object.fromEntries(report.findings.map((finding) => [finding.code, finding]));

test('one pass reports every kind of fault, and goes on behind broken rows', async () => {
  const rows = [
    'text,label',
    'good,pos',
    'good,pos',
    'good,neg',
    ' ,pos',
    'ragged',
    '"broken quote,pos',
    'cafÃ©,pos',
    'what\ufffd,pos',
    'only here,Pos',
  ];
  rows.push(...Array.from({ length: 12 }, (_, i) => `text number ${i},pos`));
  folder.write('all/train.csv', `${rows.join('\n')}\n`);
  folder.write('all/valid.csv', 'text,label\ntext number 3,pos\nnew,unseen\n');
  const report = await checkData(`${folder.path}/all`);
  const codes = found(report);
  expect(Object.keys(codes).sort()).toEqual(
    [
      'contradiction',
      'duplicate-in-train',
      'empty-text',
      'imbalance',
      'label-only-in-validation',
      'mojibake',
      'quotes',
      'ragged',
      'replacement-character',
      'similar-labels',
      'validation-in-train',
    ].sort(),
  );
  expect(report.findings.slice(0, 2).map(({ severity }) => severity)).toEqual(['error', 'error']);
  expect(codes['ragged']!.places[0]).toMatch(/train\.csv:6$/);
  expect(codes['quotes']!.places[0]).toMatch(/train\.csv:7$/);
  expect(codes['empty-text']!.places[0]).toMatch(/train\.csv:5$/);
  expect(codes['validation-in-train']!.places[0]).toMatch(/valid\.csv:2 and .*train\.csv:14$/);
  expect(codes['contradiction']!.places[0]).toMatch(/train\.csv:2 and \d+: "pos", "neg"$/);
  expect(codes['label-only-in-validation']!.message).toBe(
    '"unseen" is a label of the validation data only; the model cannot learn it',
  );
  expect(codes['imbalance']!.message).toBe('imbalance: 16 rows of "pos", 1 of "Pos"');
  expect(report.splits[0]).toMatchObject({ name: 'train', rows: 18, labels: { pos: 16, neg: 1, Pos: 1 } });
});

test('good data has no findings', async () => {
  folder.write('good/train.tsv', 'sentence\tlabel\na fine film\t1\na dull film\t0\n');
  folder.write('good/dev.tsv', 'sentence\tlabel\nanother\t0\n');
  const report = await checkData(`${folder.path}/good`, { tokenizer: byteTokenizer(), blockSize: 32 });
  expect([report.task, report.findings]).toEqual(['classify', []]);
  expect(report.splits.map(({ characters }) => characters)).toEqual([
    { shortest: 11, median: 11, longest: 11 },
    { shortest: 7, median: 7, longest: 7 },
  ]);
});

test('many like faults are one finding with a count', async () => {
  const report = await checkData(folder.write('many.csv', `text,label\n${'x\n'.repeat(40)}a,1\nb,0\n`));
  expect(report.findings).toHaveLength(1);
  expect(report.findings[0]).toMatchObject({ code: 'ragged', count: 40 });
  expect(report.findings[0]!.places).toHaveLength(5);
});

test('rows whose completion does not fit into the block are found before training', async () => {
  const lines = [
    { prompt: 'short ', completion: 'answer' },
    { prompt: 'p'.repeat(50), completion: ' answer' },
    { prompt: 'p', completion: 'c'.repeat(40) },
  ];
  const path = folder.write('long.jsonl', lines.map((line) => JSON.stringify(line)).join('\n'));
  const codes = found(await checkData(path, { tokenizer: byteTokenizer(), blockSize: 32 }));
  expect(codes['cut-prompt']!.places[0]).toMatch(/:2$/);
  expect(codes['cut-completion']!.places[0]).toMatch(/:3$/);
  expect(codes['no-blank']!.places[0]).toMatch(/:3$/);
});

test('an encoding error, unknown columns, a single label and labels of every row are findings', async () => {
  const latin = await checkData(folder.write('latin.csv', Buffer.from('text,label\ncaf\u00e9,1\n', 'latin1')));
  expect(latin.findings[0]!.message).toMatch(/is not UTF-8: byte 14 \(0xe9\)/);
  const columns = await checkData(folder.write('columns.csv', 'alpha,beta\n1,2\n'));
  expect(columns.findings[0]!.message).toMatch('the columns are "alpha", "beta"');
  const one = await checkData(folder.write('one.csv', 'text,label\na,1\nb,1\n'));
  expect(one.findings[0]).toMatchObject({ severity: 'error', code: 'one-label' });
  const unique = Array.from({ length: 30 }, (_, i) => `t${i},l${i}`).join('\n');
  expect((await checkData(folder.write('unique.csv', `text,label\n${unique}\n`))).findings[0]!.code).toBe(
    'many-labels',
  );
});

test('plain text is read to its end, and a template is checked against the columns', async () => {
  const text = await checkData(folder.write('book.txt', 'one<|endoftext|>three'));
  expect(text.splits[0]).toMatchObject({ rows: 2, characters: { shortest: 3, median: 5, longest: 5 } });
  expect((await checkData(folder.write('bin.txt', 'a\0b'))).findings[0]!.code).toBe('binary');
  const path = folder.write('q.jsonl', '{"prompt":"q","completion":" a"}');
  expect((await checkData(path, { template: '{promt}' })).findings[0]).toMatchObject({
    code: 'template',
    hint: 'did you mean {prompt}?',
  });
});

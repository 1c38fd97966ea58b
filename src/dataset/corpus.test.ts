import { readdirSync, readFileSync, rmSync, statSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { byteTokenizer, trainBpeTokenizer } from '../tokenizer/index.js';
import { buildCorpus, openCorpus, trainLength } from './corpus.js';
import { charTokenizer, errorOf, temporaryFolder } from './fixtures.js';
import { changedSources } from './meta.js';
import { readTexts } from './texts.js';

const folder = temporaryFolder();
let count = 0;
const fresh = () => join(folder.path, `corpus${count++}`);
const all = (span: { length: number; read(start: number, count: number): Int32Array }) => [
  ...span.read(0, span.length),
];

test('one file of N characters gives exactly N tokens, the last tenth for validation', async () => {
  const text = 'abc'.repeat(7); // 21
  const directory = fresh();
  const corpus = await buildCorpus({
    inputs: [folder.write('n.txt', text)],
    tokenizer: charTokenizer('abc'),
    directory,
    valSplit: 0.1,
  });
  expect([corpus.train.length, corpus.validation.length]).toEqual([18, 3]);
  expect([...all(corpus.train), ...all(corpus.validation)]).toEqual([...text].map((c) => 'abc'.indexOf(c)));
  expect(statSync(join(directory, 'tokens.bin')).size).toBe(42);
  corpus.close();
});

test('the split is that of nanoGPT: 1,003,854 and 111,540 of 1,115,394', () => {
  expect(trainLength(1115394, 0.1)).toBe(1003854);
  expect(trainLength(10, 0.9)).toBe(1); // 10 * (1 - 0.9) is below 1 in floating point
  expect(trainLength(7, 0)).toBe(7);
  for (const percent of [5, 10, 20, 30, 70, 90]) {
    const lengths = Array.from({ length: 2000 }, (_, n) => trainLength(n, percent / 100));
    expect(lengths).toEqual(lengths.map((_, n) => Math.floor((n * (100 - percent)) / 100)));
  }
});

test('documents are separated by the end of text, with none after the last', async () => {
  const inputs = [folder.write('a.txt', 'ab<|endoftext|>b'), folder.write('b.jsonl', '{"text":"a"}\n{"text":"b"}\n')];
  const corpus = await buildCorpus({ inputs, tokenizer: charTokenizer('ab'), directory: fresh(), valSplit: 0 });
  expect(all(corpus.train)).toEqual([0, 1, 2, 1, 2, 0, 2, 1]);
  expect(corpus.meta.documents).toBe(4);
  expect(corpus.validation.length).toBe(0);
  corpus.close();
});

test('the validation bytes are those of its text, in UTF-8 and without separators', async () => {
  const path = folder.write('bytes.txt', 'aaaaaaa<|endoftext|>é中');
  const corpus = await buildCorpus({
    inputs: [path],
    tokenizer: charTokenizer('aé中'),
    directory: fresh(),
    valSplit: 0.3,
  });
  expect(all(corpus.validation)).toEqual([3, 1, 2]);
  expect(corpus.valBytes).toBe(5);
  expect(corpus.meta.bytes).toBe(12);
  corpus.close();
});

test('a vocabulary above 65536 is stored in 32 bits', async () => {
  const tokenizer = charTokenizer('ab', 65534);
  expect(tokenizer.endOfText).toBe(65536);
  const directory = fresh();
  const texts = ['a', 'b'].map((text) => ({ text, endOfDocument: true }));
  const corpus = await buildCorpus({ texts, tokenizer, directory, valSplit: 0.34 });
  expect(corpus.meta.dtype).toBe('uint32');
  expect([all(corpus.train), all(corpus.validation)]).toEqual([[0], [65536, 1]]);
  expect(statSync(join(directory, 'tokens.bin')).size).toBe(12);
  corpus.close();
});

test('a text of many pieces gives the bytes of the file', async () => {
  const text = 'a line of text, and 中文, 😀\r\n'.repeat(25_000);
  const path = folder.write('many.txt', text);
  const seen: number[] = [];
  const corpus = await buildCorpus({
    inputs: [path],
    tokenizer: byteTokenizer(),
    directory: fresh(),
    valSplit: 0,
    onProgress: ({ bytes, totalBytes }) => seen.push(bytes / totalBytes!),
  });
  expect(Buffer.from(corpus.train.read(0, corpus.train.length)).equals(readFileSync(path))).toBe(true);
  expect(seen.length).toBeGreaterThan(3);
  expect(seen).toEqual([...seen].sort((a, b) => a - b));
  expect(seen.at(-1)).toBe(1);
  corpus.close();
});

test('a BPE gives a text of many pieces the ids that it gives the whole', async () => {
  const lines = [
    "It’s  a line of text, isn't it?",
    '\t今天天气很好，我们去公园。',
    'const x = f(y);  // 42 ',
    '',
    '😀😀 ok!!',
  ];
  const text = Array.from({ length: 8000 }, (_, i) => lines[(i * i) % 5]! + ' '.repeat(i % 3)).join('\n');
  const path = folder.write('bpe.txt', text);
  const tokenizer = await trainBpeTokenizer(readTexts([path]), { vocabSize: 320 });
  const corpus = await buildCorpus({ inputs: [path], tokenizer, directory: fresh(), valSplit: 0 });
  expect(corpus.train.length).toBeLessThan(text.length);
  expect(all(corpus.train).join()).toBe(tokenizer.encode(text).join());
  expect(corpus.meta.bytes).toBe(Buffer.byteLength(text));
  corpus.close();
});

test('reading outside of a span is an error', async () => {
  const path = folder.write('range.txt', 'abcabc');
  const corpus = await buildCorpus({
    inputs: [path],
    tokenizer: charTokenizer('abc'),
    directory: fresh(),
    valSplit: 0.5,
  });
  expect(() => corpus.train.read(2, 2)).toThrow(RangeError);
  expect(() => corpus.validation.read(-1, 1)).toThrow(RangeError);
  expect([...corpus.validation.read(1, 2)]).toEqual([1, 2]);
  corpus.close();
});

test('a build that fails or is aborted leaves no corpus and no rest, not even of the one before', async () => {
  const directory = fresh();
  const tokenizer = byteTokenizer();
  const good = folder.write('good.txt', 'good text');
  const bad = folder.write('bad.txt', Uint8Array.of(0x61, 0xff));
  (await buildCorpus({ inputs: [good], tokenizer, directory, valSplit: 0 })).close();
  expect((await errorOf(() => buildCorpus({ inputs: [good, bad], tokenizer, directory, valSplit: 0 }))).code).toBe(
    'dataset/truncated',
  );
  expect((await errorOf(() => openCorpus(directory))).code).toBe('dataset/no-corpus');
  const signal = AbortSignal.abort(new Error('stopped'));
  await expect(buildCorpus({ inputs: [good], tokenizer, directory, valSplit: 0, signal })).rejects.toThrow('stopped');
  expect(readdirSync(directory).filter((name) => name.includes('partial'))).toEqual([]);
});

test('while a build goes on there is no corpus to open, whenever it is killed', async () => {
  const directory = fresh();
  const tokenizer = byteTokenizer();
  const build = (texts: Iterable<{ text: string; endOfDocument: boolean }>) =>
    buildCorpus({ texts, tokenizer, directory, valSplit: 0 });
  (await build([{ text: 'the one before', endOfDocument: true }])).close();
  const opened: string[] = [];
  function* texts() {
    for (const text of ['one', 'two']) {
      yield { text, endOfDocument: true };
      try {
        openCorpus(directory).close();
        opened.push(text);
      } catch {}
    }
  }
  (await build(texts())).close();
  expect(opened).toEqual([]);
  expect(openCorpus(directory).meta.documents).toBe(2);
});

test('a folder that cannot be made is an error with the reason', async () => {
  const directory = join(folder.write('file', 'x'), 'tokens');
  const inputs = [folder.write('w.txt', 'text')];
  const error = await errorOf(() => buildCorpus({ inputs, tokenizer: byteTokenizer(), directory, valSplit: 0 }));
  expect(error.code).toBe('dataset/write');
});

test('opening checks version, size and tokenizer', async () => {
  const directory = fresh();
  const tokenizer = byteTokenizer();
  const inputs = [folder.write('checked.txt', 'some text')];
  const build = async () => (await buildCorpus({ inputs, tokenizer, directory, valSplit: 0 })).close();
  await build();
  openCorpus(directory, tokenizer).close();
  expect((await errorOf(() => openCorpus(directory, charTokenizer('abc')))).code).toBe('dataset/other-tokenizer');
  truncateSync(join(directory, 'tokens.bin'), 4);
  expect((await errorOf(() => openCorpus(directory))).message).toMatch(/has 4 bytes, not 18/);
  await build();
  const meta = join(directory, 'meta.json');
  const text = readFileSync(meta, 'utf8');
  writeFileSync(meta, text.replace('"version": 1', '"version": 99'));
  expect((await errorOf(() => openCorpus(directory))).message).toMatch(/has version 99, not 1/);
  writeFileSync(meta, text.slice(0, 40));
  expect((await errorOf(() => openCorpus(directory))).code).toBe('dataset/corpus-broken');
  writeFileSync(meta, text.replace('"uint16"', '"float"'));
  expect((await errorOf(() => openCorpus(directory))).message).toMatch(/dtype/);
});

test('sources that changed since are named', async () => {
  const path = folder.write('source.txt', 'text');
  const corpus = await buildCorpus({ inputs: [path], tokenizer: byteTokenizer(), directory: fresh(), valSplit: 0 });
  corpus.close();
  expect(changedSources(corpus.meta)).toEqual([]);
  utimesSync(path, 1, 1);
  expect(changedSources(corpus.meta)).toEqual([path]);
  rmSync(path);
  expect(changedSources(corpus.meta)).toEqual([]); // moved, perhaps: nobody knows that it changed
});

test('a val-split outside of [0, 1) is refused with its value', async () => {
  const inputs = [folder.write('v.txt', 'text')];
  for (const valSplit of [1, -0.1, Number.NaN]) {
    const error = await errorOf(() =>
      buildCorpus({ inputs, tokenizer: byteTokenizer(), directory: fresh(), valSplit }),
    );
    expect(error.message).toBe(`val-split (${valSplit}) is not in [0, 1)`);
  }
});

test('a validation text of its own is the validation part, whole, and documents that are in both are counted', async () => {
  const inputs = [folder.write('train.txt', 'ab<|endoftext|>ba<|endoftext|>aab')];
  const validation = folder.write('held.jsonl', '{"text":"ba"}\n{"text":"bbb"}\n');
  const tokenizer = charTokenizer('ab');
  const corpus = await buildCorpus({ inputs, tokenizer, directory: fresh(), valSplit: 0.5, validation });
  expect(all(corpus.train)).toEqual([0, 1, 2, 1, 0, 2, 0, 0, 1]);
  expect(all(corpus.validation)).toEqual([2, 1, 0, 2, 1, 1, 1]);
  expect([corpus.valBytes, corpus.meta.repeated, corpus.meta.valSplit]).toEqual([5, 1, 0]);
  expect(corpus.meta.sources.map(({ documents }) => documents)).toEqual([3, 2]);
  corpus.close();
});

test('a validation text that is empty or missing is refused by name', async () => {
  const inputs = [folder.write('train2.txt', 'ab')];
  const tokenizer = charTokenizer('ab');
  const build = (validation: string) =>
    buildCorpus({ inputs, tokenizer, directory: fresh(), valSplit: 0.1, validation });
  expect(await errorOf(() => build(folder.write('none.txt', '')))).toMatchObject({ code: 'dataset/empty' });
  expect(await errorOf(() => build(join(folder.path, 'missing.txt')))).toMatchObject({
    message: expect.stringContaining('missing.txt'),
  });
});

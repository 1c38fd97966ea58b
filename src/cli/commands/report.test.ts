import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PageData } from '../../report/page/data.js';
import { typed } from '../fixtures.js';

let folder = '';
const at = (name: string) => join(folder, name);
const shape =
  '--tokenizer byte --n-layer 2 --n-head 2 --n-embd 16 --block-size 16 --batch-size 2 --eval-iters 1 --threads 1';
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gpt-cli-report-'));
  writeFileSync(at('book.txt'), 'The quick brown fox jumps over the lazy dog. '.repeat(100));
  const often = '--max-iters 4 --log-interval 1 --eval-interval 2 --sample-every 2 --tensorboard';
  await typed(`pretrain ${at('book.txt')} -o ${at('run')} ${shape} ${often} --quiet`);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const report = (line: string) => typed(`report ${line}`);
const dataOf = (page: string): PageData =>
  JSON.parse(/<script type="application\/json" id="data">(.*?)<\/script>/.exec(page)![1]!);

test('a run becomes a page with its curves, parameters and the attention of a sentence', async () => {
  const { code, out } = await report(`${at('run')} -o ${at('page.html')} --prompt "The fox" --json`);
  expect(code).toBe(0);
  const page = readFileSync(at('page.html'), 'utf8');
  expect(JSON.parse(out)).toEqual({
    event: 'report',
    path: at('page.html'),
    runs: 1,
    bytes: Buffer.byteLength(page),
    missing: [],
  });
  const { charts, attention } = dataOf(page);
  expect(charts.map(({ title }) => title)).toEqual(['Loss', 'Learning rate', 'Gradient norm', 'Speed', 'Memory']);
  expect(charts[0]!.series[0]!.steps).toEqual([1, 2, 3, 4]);
  expect(charts[0]!.series[1]!.steps).toEqual([2, 4]);
  expect(page).toContain('28 parameters');
  expect(page).toContain('step 4');
  const [{ tokens, layers, heads, weights }] = attention as [PageData['attention'][number]];
  expect({ tokens: tokens.slice(1).join(''), layers, heads }).toEqual({ tokens: 'The fo', layers: 2, heads: 2 });
  const bytes = Buffer.from(weights, 'base64');
  expect(bytes).toHaveLength(2 * 2 * 7 * 7);
  // A query's weights on itself and what is before it sum up to 1, and there is nothing else.
  for (let row = 0; row < 2 * 2 * 7; row++) {
    const own = bytes.subarray(row * 7, (row + 1) * 7);
    expect(Math.abs(own.reduce((a, b) => a + b, 0) - 255)).toBeLessThanOrEqual(4);
    expect(own.subarray((row % 7) + 1).every((weight) => weight === 0)).toBe(true);
  }
});

test('the log has memory and environment; neither names the machine or its user', () => {
  const lines = readFileSync(at('run/log.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const { environment } = lines.find(({ event }) => event === 'start');
  expect(environment).toEqual({
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    platform: `${process.platform} ${process.arch}`,
    cpu: expect.any(String),
    cores: expect.any(Number),
    memoryMB: expect.any(Number),
    versions: { 'gpt-cli': expect.any(String), node: process.versions.node },
  });
  expect(lines.find(({ event }) => event === 'step').memoryMB).toBeGreaterThan(20);
});

test('the line that is printed names the page; without the model there is neither attention nor histogram', async () => {
  const { code, out, err } = await report(`${at('run')} ${at('run/best')} -o ${at('two.html')} --no-model`);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(out).toMatch(/two\.html: 2 runs, \d+ kB\n$/);
  const page = readFileSync(at('two.html'), 'utf8');
  expect(dataOf(page).attention).toEqual([]);
  expect(page).not.toContain('parameters</summary>');
});

test('a folder without a run is an error, and no page is written', async () => {
  const { code, err } = await report(`${folder} -o ${at('none.html')}`);
  expect({ code, err }).toEqual({
    code: 2,
    err: expect.stringMatching(/^error: .* holds no run: there is no log\.jsonl \(/),
  });
  expect(existsSync(at('none.html'))).toBe(false);
});

test('--tensorboard writes an event file, and another one when the run is resumed; --overwrite removes them', async () => {
  const files = () => readdirSync(at('run/tensorboard'));
  expect(files()).toHaveLength(1);
  const resumed = await typed(`pretrain --resume -o ${at('run')} --max-iters 6 --quiet`);
  expect(resumed).toMatchObject({ code: 0 });
  expect(files()).toHaveLength(2);
  const again = await typed(`pretrain ${at('book.txt')} --overwrite -o ${at('run')} ${shape} --max-iters 1 --quiet`);
  expect(again).toMatchObject({ code: 0 });
  expect(existsSync(at('run/tensorboard'))).toBe(false);
});

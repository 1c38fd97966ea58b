import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { distributionOf } from './distribution.js';
import { pageData } from './page/data.js';
import { readRun } from './read-run.js';
import { type ReportEvent, report } from './report.js';
import { spread, thin } from './thin.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gpt-cli-report-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const hostile = `</script><script>alert(1)</script><img src=x onerror=alert(1)>"'&\u202e\u0000\u001b[2J 😀 \ud800 ${'y'.repeat(10_000)}`;

function runFolder(name: string, lines: readonly (object | string)[], config: object = {}): string {
  const path = join(folder, name);
  mkdirSync(path);
  const text = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line)));
  writeFileSync(join(path, 'log.jsonl'), text.map((line) => `${line}\n`).join(''));
  writeFileSync(join(path, 'config.json'), JSON.stringify(config));
  return path;
}

const step = (iter: number, more: object = {}) => ({
  event: 'step',
  iter,
  loss: 4 - iter / 100,
  elapsed: iter,
  ...more,
});

async function written(runs: readonly string[], options: { model?: boolean; prompt?: string } = {}) {
  const out = join(folder, 'page.html');
  let event: ReportEvent | undefined;
  for await (const each of report({ runs, out, model: false, ...options })) if (each.event === 'report') event = each;
  return { event: event!, page: readFileSync(out, 'utf8') };
}

test('what --max-time chose and expected; runs without a plan have an empty cell, odd records are no error', async () => {
  const plan = { maxTime: 90, settings: { arch: 'qwen3', nLayer: 2 }, steps: 1417, expected: 2.0812, limit: 'text' };
  const planned = runFolder('planned', [step(1)], { plan });
  const plain = runFolder('plain', [step(1)]);
  const odd = runFolder('odd', [step(1)], { plan: { maxTime: 'soon', settings: 3, steps: null, limit: {} } });
  const { page } = await written([planned]);
  for (const text of ['--arch qwen3 --n-layer 2', '1m 30s', '1,417', '2.081']) expect(page).toContain(text);
  expect((await written([planned, plain, odd])).page).toContain('<h2>Plan</h2>');
  expect((await written([plain])).page).not.toContain('<h2>Plan</h2>');
});

describe('reading a run', () => {
  test('curves by step and by seconds over all processes; steps that were made again replace the earlier ones', async () => {
    const path = runFolder('run', [
      { event: 'start', iter: 0 },
      step(10, { lr: 0.1 }),
      step(20, { lr: 0.2 }),
      { event: 'text', iter: 20, text: 'void' },
      { event: 'eval', iter: 20, valLoss: 3, bitsPerByte: null },
      { event: 'start', iter: 10 },
      step(20, { loss: 1, elapsed: 5 }),
      { event: 'text', iter: 20, text: 'kept' },
      { event: 'done', reason: 'finished' },
      '{"event":"step","iter":30,"lo', // torn
    ]);
    const { curves, samples, evaluations, starts, done, iter, seconds } = await readRun(path);
    expect(curves.get('loss')).toEqual({ steps: [10, 20], seconds: [10, 25], values: [3.9, 1] });
    expect(curves.get('lr')).toEqual({ steps: [10], seconds: [10], values: [0.1] });
    expect(curves.get('valLoss')?.values).toEqual([]);
    expect(curves.has('bitsPerByte')).toBe(false); // JSON's null is NaN
    expect(samples).toEqual([{ iter: 20, text: 'kept' }]);
    expect({ evaluations, starts: starts.length, done: done?.reason, iter, seconds }).toEqual({
      ...{ evaluations: [], starts: 2, done: 'finished', iter: 20, seconds: 25 },
    });
  });

  test('a checkpoint stands for its run; a folder without a run is an error', async () => {
    const path = runFolder('run', [step(1)]);
    mkdirSync(join(path, 'best'));
    expect((await readRun(join(path, 'best'))).iter).toBe(1);
    await expect(readRun(folder)).rejects.toMatchObject({
      code: 'report/run',
      message: `${folder} holds no run: there is no log.jsonl`,
    });
    await expect(readRun(join(folder, 'no'))).rejects.toMatchObject({
      message: expect.stringContaining('there is no '),
    });
  });
});

describe('thinning', () => {
  const curve = (values: number[]) => ({
    steps: values.map((_, i) => i),
    seconds: values.map((_, i) => i / 2),
    values,
  });

  test('keeps the ends and every extreme', () => {
    const values = Array.from({ length: 5000 }, (_, i) => Math.sin(i / 50));
    values[3123] = 40;
    values[777] = -40;
    const { steps, seconds, values: kept } = thin(curve(values), 200);
    expect(steps.length).toBeLessThanOrEqual(200);
    expect([steps[0], steps.at(-1)]).toEqual([0, 4999]);
    expect(kept[steps.indexOf(3123)]).toBe(40);
    expect(kept[steps.indexOf(777)]).toBe(-40);
    expect(seconds.every((second, i) => second === steps[i]! / 2)).toBe(true);
    expect(steps).toEqual([...steps].sort((a, b) => a - b));
  });

  test('a short curve stays as it is', () => {
    const short = curve([1, 2, 3]);
    expect(thin(short, 4)).toBe(short);
    expect(thin(curve([]), 4).values).toEqual([]);
    expect(spread([1, 2, 3, 4, 5], 3)).toEqual([1, 3, 5]);
  });
});

test('a distribution, worked by hand', () => {
  const { bins, ...rest } = distributionOf(Float32Array.of(0, 1, 1, 4, Number.NaN), 4);
  expect(bins).toEqual([1, 2, 0, 1]);
  expect(rest).toEqual({ min: 0, max: 4, mean: 1.5, deviation: Math.sqrt(2.25), nonFinite: 1 });
  expect(distributionOf(Float32Array.of(2, 2), 3)).toMatchObject({ bins: [2, 0, 0], deviation: 0 });
  expect(distributionOf(Float32Array.of(Number.NaN), 3)).toMatchObject({
    bins: [0, 0, 0],
    nonFinite: 1,
    mean: Number.NaN,
  });
});

describe('page', () => {
  test('has results, settings with what differs, samples, confusion and environment of its runs', async () => {
    const labels = ['happy', 'sad'];
    const environment = { time: '2026-11-30T12:00:00Z', cpu: 'a fast one', cores: 2, versions: { node: '20' } };
    const start = {
      event: 'start',
      iter: 0,
      backend: 'onnx',
      device: 'cpu',
      threads: 2,
      parameters: 1234,
      labels,
      environment,
    };
    const confusion = [
      [9, 1],
      [0, 5],
    ];
    const a = runFolder(
      'a',
      [
        start,
        step(10, { memoryMB: 100 }),
        { event: 'eval', iter: 10, valLoss: 2.5, accuracy: 0.75, confusion },
        { event: 'text', iter: 10, text: 'Once upon a time' },
        { event: 'done', reason: 'time', peakMemoryMB: 120, tokensPerSecond: 9000 },
      ],
      { command: 'finetune', config: { learningRate: 0.001, nLayer: 4 }, commandLine: ['finetune', 'my data.csv'] },
    );
    const b = runFolder('b', [start, step(20), { event: 'eval', iter: 20, valLoss: 2 }], {
      config: { learningRate: 0.002, nLayer: 4 },
    });
    const { page, event } = await written([a, b]);
    expect(event).toMatchObject({ runs: 2, bytes: Buffer.byteLength(page), missing: [] });
    expect(page).toContain('finished: time limit');
    expect(page).toContain('in progress, or killed');
    expect(page).toMatch(/best validation loss<\/th><td><bdi>2\.5<\/bdi><\/td><td class="best"><bdi>2<\/bdi>/);
    expect(page).toMatch(/<tr class="differs"><th scope="row">learningRate<\/th><td><bdi>0\.001<\/bdi>/);
    expect(page).toMatch(/<tr><th scope="row">nLayer<\/th>/);
    expect(page).toContain('only what differs (2 of 4)'); // command, too
    expect(page).toMatch(/<summary>step 10<\/summary>\s*<pre class="sample" dir="auto">Once upon a time<\/pre>/);
    expect(page).toContain(
      '<td class="right shade-9" title="90.0 %">9</td><td class="wrong shade-1" title="10.0 %">1</td>',
    );
    expect(page).toContain('gpt-cli finetune &#39;my data.csv&#39;');
    expect(page).toContain('a fast one');
    const data = pageData(await Promise.all([a, b].map(readRun)), []);
    expect(data.charts.map(({ title }) => title)).toEqual(['Loss', 'Accuracy', 'Memory']);
    expect(data.charts[0]!.series.map(({ run, label }) => [run, label])).toEqual([
      [0, 'training'],
      [0, 'validation'],
      [1, 'training'],
      [1, 'validation'],
    ]);
  });

  test('lets nothing in from elsewhere', async () => {
    const { page } = await written([runFolder('run', [step(1)])]);
    expect(page).toMatch(
      /content="default-src 'none'; script-src 'sha256-[^']+'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"/,
    );
    expect(page).not.toMatch(/(?:src|href)="?https?:/);
  });

  test('hostile texts and logs of any shape are shown, never executed', async () => {
    const junk = [null, 5, 'x', [], {}, { event: 'step', iter: 'x' }, { event: 'step', iter: 2, loss: 'x', lr: {} }];
    const odd = [
      { event: 'start', iter: null, labels: [hostile, {}], tokens: null, environment: 'x', baselines: {} },
      {
        event: 'start',
        iter: 0,
        labels: [hostile],
        environment: { versions: [hostile], memoryMB: {} },
        parameters: 'x',
      },
      { event: 'eval', iter: 1, confusion: [[1]], valLoss: 1 },
      { event: 'eval', iter: 1, confusion: [['x']], valLoss: 'x' },
      { event: 'text', iter: 1, text: hostile },
      { event: 'notice', message: hostile },
      { event: 'done', reason: hostile, tokensPerSecond: 'x', peakMemoryMB: null },
    ];
    const lines = [...junk.map((line) => JSON.stringify(line)), ...odd, step(1)];
    const config = { config: { tokenizer: hostile, list: [hostile] }, inputs: [hostile], commandLine: [hostile, 5] };
    const { page } = await written([runFolder('<b>run&', lines, config), runFolder('other', [])]);
    expect(page.match(/<script/g)).toHaveLength(2);
    expect(page.match(/<\/script/g)).toHaveLength(2);
    expect(page).not.toContain('<img');
    expect(page).not.toContain('<b>');
    expect(page).not.toContain('\u202e');
    expect(page).toContain('&lt;/script&gt;&lt;script&gt;alert(1)&lt;/script&gt;&lt;img src=x');
    expect(page).toContain('more characters)');
  });

  test('a run of 5,000 logged steps with long samples is under 3 MB', async () => {
    const lines: object[] = [{ event: 'start', iter: 0 }];
    for (let iter = 1; iter <= 5000; iter++) {
      const speeds = {
        lr: 1 / iter,
        gradNorm: Math.sin(iter),
        tokensPerSecond: 9000 + Math.sqrt(iter),
        memoryMB: iter,
      };
      lines.push(step(iter, speeds));
      if (iter % 50 === 0) lines.push({ event: 'text', iter, text: hostile });
    }
    const { event } = await written([runFolder('run', lines)]);
    expect(event.bytes).toBeLessThan(3e6);
  });

  test('a file that is not a report is not replaced; a report is', async () => {
    const run = runFolder('run', [step(1)]);
    writeFileSync(join(folder, 'page.html'), '<!doctype html>mine');
    await expect(written([run])).rejects.toMatchObject({ code: 'report/out' });
    expect(readFileSync(join(folder, 'page.html'), 'utf8')).toBe('<!doctype html>mine');
    rmSync(join(folder, 'page.html'));
    await written([run]);
    await written([run]);
    expect(readdirSync(folder).sort()).toEqual(['page.html', 'run']);
  });

  test.each([
    ['a folder', 'run', 'report/out'],
    ['a folder that does not exist', join('no', 'page.html'), 'checkpoint/not-writable'],
  ])('%s cannot be written to', async (_, name, code) => {
    const run = runFolder('run', [step(1)]);
    const writing = async () => {
      for await (const _ of report({ runs: [run], out: join(folder, name), model: false }));
    };
    await expect(writing()).rejects.toMatchObject({ code });
  });

  test('without a checkpoint the reason is on the page', async () => {
    const { event, page } = await written([runFolder('run', [step(1)])], { model: true });
    expect(event.missing).toEqual([expect.stringMatching(/run: parameters: .*holds no checkpoint/)]);
    expect(page).toContain('holds no checkpoint');
  });

  test('no run, and options of the wrong kind, are errors', async () => {
    await expect(written([])).rejects.toMatchObject({ code: 'report/run' });
    await expect(written('run' as never)).rejects.toMatchObject({ code: 'config/options' });
  });
});

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunEvent } from '../events.js';
import { crc32c, maskedCrc32c } from './crc32c.js';
import { EventFile } from './event-file.js';
import { histogramOf } from './histogram.js';
import { encodeEvent, textValue } from './messages.js';
import { recordOf } from './record.js';
import { TensorBoard } from './run-events.js';

const goldens = JSON.parse(readFileSync(join(__dirname, '../../test/goldens/tensorboard.json'), 'utf8'));
const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
const wallTime = 1234.5;

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gpt-cli-tensorboard-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('checksums are those of RFC 3720, B.4', () => {
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
  expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43);
  expect(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i))).toBe(0x46dd794e);
  expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283);
  // TensorBoard's own masked_crc32c
  expect(maskedCrc32c(Buffer.from('123456789'))).toBe(0xc78ab0e5);
});

describe('records are those that TensorBoard itself writes', () => {
  const histo = {
    ...{ min: -0.5, max: 2, num: 3, sum: 1.5, sumSquares: 4.25 },
    ...{ bucketLimit: [-0.25, 1.5, 2.5], bucket: [1, 0, 2] },
  };
  const scalars = [
    { tag: 'train/loss', simpleValue: 0 },
    { tag: 'train/grad_norm', simpleValue: 2.5 },
  ];
  test.each([
    ['version', { fileVersion: 'brain.Event:2' }],
    ['start', { step: 21, sessionLog: { status: 1 } }],
    ['scalars', { step: 5_000_000_000, summary: { value: scalars } }],
    ['text', { step: 3, summary: { value: [textValue('sample', '    né\n    <b>')] } }],
    ['histogram', { step: 3, summary: { value: [{ tag: 'parameters/w', histo }] } }],
  ] as const)('%s', (name, event) => {
    expect(base64(recordOf(encodeEvent({ wallTime, ...event })))).toBe(goldens[name]);
  });
});

describe('histograms', () => {
  test('worked by hand: values below, in and above the buckets around 0', () => {
    const found = histogramOf(Float32Array.of(0, 1e-13, -1e-13, 1.05e-12, -1.05e-12, 1.15e-12))!;
    expect(found.bucket).toEqual([1, 3, 1, 1]); // [-1.1e-12, -1e-12], (-1e-12, 1e-12), ..., [1.1e-12, 1.21e-12)
    expect(found.bucketLimit.map((limit) => limit * 1e12)).toEqual([-1, 1, 1.1, 1.21].map((x) => expect.closeTo(x, 9)));
    expect(found).toMatchObject({ num: 6, min: Math.fround(-1.05e-12), max: Math.fround(1.15e-12) });
  });

  test('every value lies in its bucket', () => {
    const values = Float32Array.from({ length: 300 }, (_, i) => Math.sin(i) * 10 ** ((i % 60) - 30));
    const { bucket, bucketLimit, num, sum, sumSquares } = histogramOf(values)!;
    expect(num).toBe(300);
    const all = Array.from(values);
    expect(sum / all.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12);
    expect(sumSquares / all.reduce((a, b) => a + b * b, 0)).toBeCloseTo(1, 12);
    for (const [i, end] of bucketLimit.entries()) {
      const below = bucket.slice(0, i + 1).reduce((a, b) => a + b, 0);
      if (i < bucketLimit.length - 1) expect(below).toBe(all.filter((value) => value < end).length);
    }
    expect(bucket.reduce((a, b) => a + b, 0)).toBe(300);
  });

  test('NaN and infinities do not count, and an array of them has no histogram', () => {
    expect(histogramOf(Float32Array.of(Number.NaN, 1, Infinity))).toMatchObject({
      num: 1,
      min: 1,
      max: 1,
      bucket: [1],
    });
    expect(histogramOf(Float32Array.of(Number.NaN))).toBeUndefined();
  });
});

/** The data of the records of a file, whose checksums must be right. */
function records(path: string): Buffer[] {
  const bytes = readFileSync(path);
  const found: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = Number(bytes.readBigUInt64LE(at));
    const data = bytes.subarray(at + 12, at + 12 + length);
    expect(bytes.subarray(at, at + 16 + length)).toEqual(recordOf(data));
    found.push(data);
    at += 16 + length;
  }
  return found;
}

test('a resumed run appends a file that sorts last, and begins it with the step from which earlier events are void', () => {
  const clock = () => wallTime;
  const first = EventFile.create(folder, { firstStep: 1, clock });
  first.values(1, [{ tag: 'train/loss', simpleValue: 1 }]);
  first.close();
  const second = EventFile.create(folder, { firstStep: 21, clock: () => wallTime - 1000 }); // a clock that was set back
  second.close();
  expect(readdirSync(folder).sort()).toEqual([first.path, second.path].map((path) => path.slice(folder.length + 1)));
  const versions = [first.path, second.path].map((path) => records(path)[0]!.includes('brain.Event:2'));
  expect(versions).toEqual([true, true]);
  expect(records(first.path)).toHaveLength(3);
  expect(records(second.path)[1]).toEqual(
    Buffer.from(encodeEvent({ wallTime: wallTime - 1000, step: 21, sessionLog: { status: 1 } })),
  );
});

test('a folder that cannot be made is an error that names it', () => {
  const place = join(readdirSync(folder).length === 0 ? EventFile.create(folder, { firstStep: 1 }).path : '', 'x');
  expect(() => EventFile.create(place, { firstStep: 1 })).toThrow(/tfevents.*x/);
});

const step: RunEvent = {
  ...{ event: 'step', iter: 1, loss: 2, lr: 0.5, gradNorm: Number.NaN, tokensPerSecond: 9, elapsed: 1 },
};

test('events become scalars, text without markup and histograms of what is trained; nothing is written before a step', async () => {
  const board = new TensorBoard({
    folder,
    firstStep: 1,
    settings: { blockSize: 16 },
    parameters: {
      specs: [{ name: 'wte.weight' }, { name: 'frozen', trainable: false }],
      read: async () => Float32Array.of(1, 2),
    },
  });
  await board.add({ event: 'notice', level: 'info', message: 'x' });
  expect(readdirSync(folder)).toEqual([]);
  await board.add(step);
  await board.add({ event: 'eval', iter: 1, trainLoss: 1, valLoss: 3, bitsPerByte: Number.NaN });
  await board.add({ event: 'text', iter: 1, text: '# <script>\r```\r\n* x' });
  board.close();
  const [, , settings, scalars, evaluation, text] = records(join(folder, readdirSync(folder)[0]!)).map(String);
  expect(settings).toContain('      "blockSize": 16');
  expect(scalars).toContain('train/loss');
  expect(scalars).not.toContain('grad_norm'); // NaN
  expect(scalars).not.toContain('memory'); // unknown
  expect(evaluation).toContain('eval/loss');
  expect(evaluation).not.toContain('bits_per_byte');
  expect(evaluation).toContain('parameters/wte.weight');
  expect(evaluation).not.toContain('frozen');
  expect(text).toContain('    # <script>\n    ```\n    * x');
});

test('a step costs less than 1 % of a step of the reference model, 50 ms, in CPU time', async () => {
  const board = new TensorBoard({
    folder,
    firstStep: 1,
    settings: {},
    parameters: { specs: [], read: async () => new Float32Array() },
  });
  const run = async (count: number) => {
    for (let iter = 1; iter <= count; iter++) await board.add({ ...step, iter });
  };
  await run(500); // until it is compiled
  const before = process.cpuUsage();
  await run(2000);
  const { user, system } = process.cpuUsage(before);
  board.close();
  expect((user + system) / 1000 / 2000).toBeLessThan(0.5);
});

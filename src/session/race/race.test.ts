import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { locateOpenvino } from '../../engine/openvino/locate.js';
import { libraryNames } from '../../engine/openvino/names.js';
import { withOpenvino } from '../../engine/openvino/testing/library.js';
import { describeRace, raceOnce, recordedRace, verdict } from './index.js';
import { raceKey } from './record.js';

let folder: string;
let env: NodeJS.ProcessEnv;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gpt-cli-race-'));
  env = { PATH: process.env['PATH'], GPT_CLI_CACHE: join(folder, 'cache'), GPT_CLI_OPENVINO: join(folder, 'openvino') };
  // Found by its name; nothing here loads it.
  mkdirSync(env['GPT_CLI_OPENVINO']!);
  writeFileSync(join(env['GPT_CLI_OPENVINO']!, libraryNames('linux', 'x64')![0]), '');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const started = () => join(folder, 'started');

/** A program in the place of the one that measures; it counts how often it is started. */
function program(code: string): string {
  const path = join(folder, 'race.cjs');
  writeFileSync(path, `require('node:fs').appendFileSync(${JSON.stringify(started())}, 'x');\n${code}`);
  return path;
}

/** The contestants come first in the arguments. */
const measures = (...times: number[]) =>
  program(`console.log(JSON.stringify(${JSON.stringify(times)}.slice(0, JSON.parse(process.argv[2]).length)))`);
const starts = () => (existsSync(started()) ? readFileSync(started(), 'utf8').length : 0);

const onLinux = process.platform === 'linux' && process.arch === 'x64' ? describe : describe.skip;

onLinux('the race', () => {
  test('is not run where OpenVINO is not set up', async () => {
    const without = { ...env, GPT_CLI_OPENVINO: '' };
    expect(await raceOnce({ env: without, program: measures(2, 1, 1) })).toBeUndefined();
    expect(starts()).toBe(0);
  });

  test('is run once, and again when that is asked for', async () => {
    const race = await raceOnce({ env, program: measures(30, 25, 20) });
    expect(race!.steps.slice(0, 2)).toEqual([
      { backend: 'onnx', precision: 'f32', ms: 30 },
      { backend: 'openvino', precision: 'f32', ms: 25 },
    ]);
    expect(await raceOnce({ env, program: measures(1, 2, 3) })).toEqual(race);
    expect(recordedRace(env)).toEqual(race);
    expect(starts()).toBe(1);
    expect((await raceOnce({ env, program: measures(1, 2, 3), again: true }))!.steps[0]!.ms).toBe(1);
    expect(recordedRace(env)!.steps[1]!.ms).toBe(2);
  });

  test('that ends in a native crash ends no run: auto is onnx, now and from then on', async () => {
    const race = await raceOnce({ env, program: program('process.abort();') });
    expect(race).toMatchObject({ steps: [], failed: 'the process that measured failed: ended with SIGABRT' });
    expect(verdict(race!)).toMatchObject({ backend: 'onnx', reason: expect.stringContaining('SIGABRT') });
    expect(await raceOnce({ env, program: measures(2, 1, 1) })).toEqual(race);
    expect(starts()).toBe(1);
  });

  test.each([
    ['throw new Error("no such library");', 'the process that measured failed: no such library'],
    ['console.log("[1, 2");', 'the process that measured wrote no times'],
    ['console.log("[1, -2, 3]");', 'the process that measured wrote no times'],
  ])('whose process does %j has failed', async (code, failed) => {
    expect(await raceOnce({ env, program: program(code) })).toMatchObject({ steps: [], failed });
  });

  test('that is interrupted leaves no record', async () => {
    const interrupt = new AbortController();
    const racing = raceOnce({ env, program: program('setInterval(() => {}, 1000);'), signal: interrupt.signal });
    while (starts() === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    interrupt.abort();
    expect(await racing).toBeUndefined();
    expect(
      await raceOnce({ env, program: program('process.kill(process.pid, "SIGINT"); setInterval(() => {}, 1000);') }),
    ).toBeUndefined();
    expect(recordedRace(env)).toBeUndefined();
  });

  const steps = (...all: unknown[]) => ({ date: '2026-11-30T12:00:00.000Z', steps: all });
  test.each([
    ...['', '{"', '[]', '7', { date: 1, steps: [{}] }, steps(null)],
    steps({ backend: 'onnx', precision: 'f32', ms: '30' }),
  ])('is run again where the record is %j', async (content) => {
    mkdirSync(env['GPT_CLI_CACHE']!);
    const text = typeof content === 'string' ? content : JSON.stringify({ [raceKey(env)!]: content });
    writeFileSync(join(env['GPT_CLI_CACHE']!, 'races.json'), text);
    expect(recordedRace(env)).toBeUndefined();
    await raceOnce({ env, program: measures(2, 1, 1) });
    expect(recordedRace(env)!.steps[1]!.ms).toBe(1);
  });

  test('needs no cache that can be written to', async () => {
    writeFileSync(env['GPT_CLI_CACHE']!, 'a file');
    expect((await raceOnce({ env, program: measures(2, 1, 1) }))!.steps[0]!.ms).toBe(2);
  });
});

describe('the verdict', () => {
  const race = (onnx: number, openvino: number) => ({
    date: '2026-11-30T12:00:00.000Z',
    steps: [
      { backend: 'onnx', precision: 'f32', ms: onnx },
      { backend: 'openvino', precision: 'f32', ms: openvino },
    ] as const,
  });

  test('is openvino where it is faster by more than noise', () => {
    expect(verdict(race(100, 90), 'f32').backend).toBe('openvino');
    expect(verdict(race(100, 99), 'f32').backend).toBe('onnx');
    expect(verdict(race(90, 100), 'f32').backend).toBe('onnx');
  });

  test('says in a line what was measured', () => {
    expect(verdict(race(32.2, 28.41), 'f32').reason).toBe(
      'backend auto is openvino: openvino took 28.4 ms per step of a small model, onnx 32.2 ms (measured 2026-11-30)',
    );
    expect(describeRace({ ...race(1, 2), steps: [], failed: 'it crashed' })).toBe(
      'backend auto is onnx: OpenVINO is set up, but it crashed (gpt-cli doctor --race measures again)',
    );
  });
});

withOpenvino('with the library', () => {
  test('steps of both engines are measured', async () => {
    const real = { ...env, GPT_CLI_OPENVINO: locateOpenvino()!.folder };
    const race = await raceOnce({ env: real, again: true });
    expect(race!.failed).toBeUndefined();
    for (const { ms } of race!.steps) expect(ms).toBeGreaterThan(1);
  }, 150_000);
});

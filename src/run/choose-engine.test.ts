import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { libraryNames } from '../engine/openvino/names.js';
import type { RunEvent } from '../events.js';
import { raceKey } from '../session/race/record.js';
import { chooseEngine, engineChange, recordedChoice } from './choose-engine.js';

let folder: string;
let env: NodeJS.ProcessEnv;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gpt-cli-choose-'));
  env = { GPT_CLI_CACHE: folder, GPT_CLI_OPENVINO: join(folder, 'libs') };
  mkdirSync(env['GPT_CLI_OPENVINO']!);
  writeFileSync(join(env['GPT_CLI_OPENVINO']!, libraryNames('linux', 'x64')![0]), '');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Keeps a race of onnx in f32, openvino in f32 and in bf16. */
function raced(...times: readonly number[]): void {
  const contestants = [
    { backend: 'onnx', precision: 'f32' },
    { backend: 'openvino', precision: 'f32' },
    { backend: 'openvino', precision: 'bf16' },
  ];
  const race = { date: '2026-11-30T00:00:00Z', steps: contestants.map((each, i) => ({ ...each, ms: times[i] })) };
  writeFileSync(join(folder, 'races.json'), JSON.stringify({ [raceKey(env)!]: race }));
}

type Machine = Parameters<typeof chooseEngine>[0];
const plain: Machine = { backend: 'auto', device: 'auto', precision: 'f32' };

async function chosen(config: Machine): Promise<{ backend: string; events: RunEvent[] }> {
  const events: RunEvent[] = [];
  const choosing = chooseEngine(config, { env });
  for (;;) {
    const { done, value } = await choosing.next();
    if (done) return { backend: value.backend, events };
    events.push(value);
  }
}

const onLinux = process.platform === 'linux' && process.arch === 'x64' ? describe : describe.skip;

onLinux('--backend auto', () => {
  test('is the engine that won the race, with a line that says so', async () => {
    raced(30, 20, 10);
    const { backend, events } = await chosen(plain);
    expect(backend).toBe('openvino');
    expect(events).toEqual([
      { event: 'notice', level: 'info', message: expect.stringMatching(/^backend auto is openvino: .*20\.0 ms/) },
    ]);
    raced(20, 30, 10);
    expect(await chosen(plain)).toMatchObject({ backend: 'auto', events: [{ level: 'info' }] });
  });

  test('is openvino for bf16, which onnx has not', async () => {
    expect(await chosen({ ...plain, precision: 'bf16' })).toMatchObject({ backend: 'openvino' });
  });

  test('changes nothing where OpenVINO is not set up, or another device or engine is asked for', async () => {
    raced(30, 20, 10);
    expect(await chosen({ ...plain, device: 'webgpu' })).toEqual({ backend: 'auto', events: [] });
    expect(await chosen({ ...plain, backend: 'onnx' })).toEqual({ backend: 'onnx', events: [] });
    env['GPT_CLI_OPENVINO'] = '';
    expect(await chosen(plain)).toEqual({ backend: 'auto', events: [] });
    expect(await chosen({ ...plain, precision: 'bf16' })).toEqual({ backend: 'auto', events: [] });
  });

  test('is known without a race where one was run', () => {
    expect(recordedChoice(plain, env)).toBeUndefined();
    expect(recordedChoice({ ...plain, precision: 'bf16' }, env)).toMatchObject({ backend: 'openvino' });
    raced(30, 20, 10);
    expect(recordedChoice(plain, env)).toMatchObject({ backend: 'openvino' });
    expect(recordedChoice({ ...plain, backend: 'onnx' }, env)).toBeUndefined();
    raced(20, 30, 10);
    expect(recordedChoice(plain, env)).toMatchObject({ backend: 'onnx' });
    env['GPT_CLI_RACE'] = 'no';
    expect(recordedChoice(plain, env)).toBeUndefined();
  });

  test('is onnx without a race where GPT_CLI_RACE is no', async () => {
    env['GPT_CLI_RACE'] = 'no';
    expect(await chosen(plain)).toEqual({ backend: 'auto', events: [] });
  });

  test('bf16 that was measured as slower is given with a warning', async () => {
    const asked: Machine = { ...plain, backend: 'openvino', precision: 'bf16' };
    raced(30, 20, 25);
    expect(await chosen(asked)).toMatchObject({ backend: 'openvino', events: [{ level: 'warning' }] });
    raced(30, 20, 15);
    expect((await chosen(asked)).events).toEqual([]);
  });
});

describe('a resumed run', () => {
  const onnx = { name: 'onnx', precision: undefined } as const;
  const bf16 = { name: 'openvino', precision: 'bf16' } as const;

  test('on its own engine in its own precision is as before', () => {
    expect(engineChange(undefined, bf16)).toEqual([]);
    expect(engineChange({ config: {} }, onnx)).toEqual([]);
    expect(engineChange({ config: { backend: 'auto', precision: 'auto' } }, onnx)).toEqual([]);
    expect(engineChange({ config: { backend: 'openvino', precision: 'bf16' } }, bf16)).toEqual([]);
  });

  test('on another engine or in another precision says so', () => {
    const message = (config: object, engine: Parameters<typeof engineChange>[1]) =>
      engineChange({ config: { ...config } }, engine)[0]!.message;
    expect(message({ backend: 'openvino', precision: 'bf16' }, onnx)).toBe(
      'the run was trained on openvino in bf16 and continues on onnx in f32: its last bits will differ',
    );
    expect(message({ backend: 'auto' }, { name: 'openvino', precision: 'f32' })).toMatch(/on onnx in f32/);
    expect(message({ backend: 'openvino', precision: 'f32' }, bf16)).toMatch(/openvino in f32 and .* openvino in bf16/);
    expect(engineChange({ config: { backend: 'auto' }, workers: 2 }, { name: 'tensorflow' })).toEqual([]);
  });
});

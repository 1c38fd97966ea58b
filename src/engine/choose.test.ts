import { openEngine } from './choose.js';
import { examine } from './doctor.js';
import { hasOpenvino } from './openvino/testing/library.js';
import { hasTensorflow } from './tensorflow/testing/library.js';
import { defaultThreads, physicalCores, resolveThreads, timeShare } from './threads.js';

describe('openEngine', () => {
  test('auto is onnx on the CPU with the physical cores', async () => {
    const engine = await openEngine({ backend: 'auto', device: 'auto' });
    expect(engine).toMatchObject({ name: 'onnx', device: 'cpu', threads: defaultThreads() });
    await engine.dispose();
  });

  test('eager is tfjs on one thread', async () => {
    expect(await openEngine({ backend: 'eager', device: 'auto' })).toMatchObject({ name: 'eager', threads: 1 });
  });

  test.each([0, -1, 1.5, Number.NaN, 5000])('%p threads are refused', async (threads) => {
    await expect(openEngine({ backend: 'auto', device: 'auto', threads })).rejects.toMatchObject({
      code: 'engine/threads',
      message: `threads must be a whole number from 1 to 1024, got ${threads}`,
    });
  });

  test('a device that is not there is an error with the way out', async () => {
    await expect(
      openEngine({ backend: 'onnx', device: process.platform === 'win32' ? 'cuda' : 'dml' }),
    ).rejects.toMatchObject({
      code: 'engine/device',
      hint: expect.stringContaining('--device cpu'),
    });
    await expect(openEngine({ backend: 'eager', device: 'webgpu' })).rejects.toMatchObject({ code: 'eager/device' });
  });

  test('bfloat16 is refused where no engine computes it', async () => {
    for (const backend of ['auto', 'onnx', 'eager'] as const)
      await expect(openEngine({ backend, device: 'auto', precision: 'bf16' })).rejects.toMatchObject({
        code: 'engine/precision',
        hint: '--backend openvino or tensorflow, or --precision f32',
      });
  });

  test('tfjs-node-gpu that is not installed is an error with the command that installs it', async () => {
    await expect(openEngine({ backend: 'eager', device: 'cuda' })).rejects.toMatchObject({
      code: 'eager/device',
      hint: 'npm install @tensorflow/tfjs-node-gpu',
    });
  });
});

describe('threads', () => {
  const processor = (id: number, pack: number, core: number) =>
    `processor\t: ${id}\nphysical id\t: ${pack}\ncore id\t\t: ${core}\n`;

  test('hyper-threads count once, packages apart', () => {
    const text = [processor(0, 0, 0), processor(1, 0, 1), processor(2, 0, 0), processor(3, 1, 0)].join('\n');
    expect(physicalCores(text)).toBe(3);
    expect(physicalCores('processor : 0\nBogoMIPS : 50\n\nprocessor : 1\n')).toBeUndefined();
  });

  test("a container's share of time is rounded up", () => {
    expect(timeShare('150000 100000\n')).toBe(2);
    expect(timeShare('max 100000\n')).toBeUndefined();
    expect(timeShare('10000 100000\n')).toBe(1);
  });

  test('what is asked for is used', () => {
    expect(resolveThreads(3)).toBe(3);
    expect(resolveThreads(undefined)).toBe(defaultThreads());
  });
});

test('the doctor finds the engines, measures them, and says why others are not there', async () => {
  const report = await examine(1);
  const [onnx, openvino, eager, tensorflow] = report.engines;
  expect(onnx).toMatchObject({ name: 'onnx', available: true, version: '1.30.0' });
  const [cpu, ...others] = onnx!.devices;
  expect(cpu!.gflops).toBeGreaterThan(1);
  for (const device of others) expect(device.available || Boolean(device.reason)).toBe(true);
  expect(eager!.devices[0]!.gflops).toBeGreaterThan(0.01);
  if (hasOpenvino) expect(openvino!.devices[0]).toMatchObject({ name: 'cpu', available: true });
  else expect(openvino).toMatchObject({ available: false, fix: expect.stringContaining('gpt-cli setup openvino') });
  if (hasTensorflow) expect(tensorflow!.devices[0]).toMatchObject({ name: 'cpu', available: true });
  else expect(tensorflow).toMatchObject({ available: false, fix: expect.stringContaining('gpt-cli setup tensorflow') });
  expect(report.memoryMB.available).toBeGreaterThan(0);
  expect(JSON.parse(JSON.stringify(report))).toEqual(report);
});

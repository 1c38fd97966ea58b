import type { Report } from '../../engine/index.js';
import { typed } from '../fixtures.js';
import { reportLines } from './doctor.js';

const report: Report = {
  node: '20.1.0',
  platform: 'linux x64',
  cpu: 'A processor',
  logicalCores: 8,
  threads: 4,
  memoryMB: { total: 16384, available: 9000 },
  engines: [
    {
      name: 'onnx',
      available: true,
      version: '1.30.0',
      devices: [
        { name: 'cpu', available: true, gflops: 120.4 },
        { name: 'webgpu', available: false, reason: 'no adapter', fix: 'install a Vulkan driver' },
      ],
    },
    {
      name: 'eager',
      available: true,
      version: '4.22.0',
      devices: [{ name: 'cpu', available: true, gflops: 0.52 }],
      packages: [{ name: 'tfjs-node', available: false, detail: 'not installed', fix: 'optional' }],
    },
    { name: 'tensorflow', available: false, reason: 'not installed', fix: 'gpt-cli setup tensorflow', devices: [] },
  ],
};

test('what is there, how fast it is, and what would bring the rest', () => {
  expect(reportLines(report)).toEqual([
    'node       20.1.0',
    'platform   linux x64',
    'processor  A processor, 8 logical cores',
    'threads    4 by default',
    'memory     9.0 GB of 16.4 GB available',
    '',
    'onnx         yes  1.30.0',
    '  cpu        yes  120 GFLOP/s in float32',
    '  webgpu     no   no adapter (install a Vulkan driver)',
    'eager        yes  4.22.0',
    '  cpu        yes  0.52 GFLOP/s in float32',
    '  tfjs-node  no   not installed (optional)',
    'tensorflow   no   not installed (gpt-cli setup tensorflow)',
  ]);
});

test('threads must be a number', async () => {
  expect(await typed('doctor --threads many')).toEqual({
    code: 2,
    out: '',
    err: 'error: "threads" must be a whole number from 1 to 1024, got "many"\n',
  });
});

test('a variable that names no OpenVINO is reported next to the other engines', async () => {
  const before = process.env['GPT_CLI_OPENVINO'];
  process.env['GPT_CLI_OPENVINO'] = '/no/such/folder';
  try {
    const { code, out } = await typed('doctor --race --threads 1', {
      env: { ...process.env } as Record<string, string>,
    });
    expect(code).toBe(0);
    expect(out).toMatch(/\nonnx +yes /);
    expect(out).toMatch(/\nopenvino +no +GPT_CLI_OPENVINO is "\/no\/such\/folder", which holds no OpenVINO/);
    expect(out).toMatch(/\nno race was run: openvino is not available\n$/);
  } finally {
    if (before === undefined) delete process.env['GPT_CLI_OPENVINO'];
    else process.env['GPT_CLI_OPENVINO'] = before;
  }
});

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { examineNative } from './examine.js';

const folder = mkdtempSync(join(tmpdir(), 'gpt-cli-native-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A project with tfjs-node in it; without a binding where `code` is not given. */
function project(name: string, code?: string): string[] {
  const home = join(folder, name, 'node_modules', '@tensorflow', 'tfjs-node');
  mkdirSync(home, { recursive: true });
  writeFileSync(join(home, 'package.json'), JSON.stringify({ name: '@tensorflow/tfjs-node', version: '4.22.0' }));
  if (code !== undefined) {
    mkdirSync(join(home, 'lib', 'napi-v8'), { recursive: true });
    writeFileSync(join(home, 'lib', 'napi-v8', 'tfjs_binding.node'), '');
    writeFileSync(join(home, 'index.js'), code);
  }
  return [join(folder, name, 'package.json')];
}

test('tfjs-node that is not installed is optional', async () => {
  expect(await examineNative([join(folder, 'none', 'package.json')])).toEqual({
    name: 'tfjs-node',
    available: false,
    detail: 'not installed',
    fix: expect.stringContaining('optional'),
  });
});

test('without its binary it is said where it lies', async () => {
  const { available, detail } = await examineNative(project('bare'));
  expect(available).toBe(false);
  expect(detail).toMatch(/^@tensorflow\/tfjs-node 4\.22\.0 in .*bare.* has no binary$/);
});

test('one that loads is there, with or without a GPU', async () => {
  const code = 'exports.findBackend = () => ({ isUsingGpuDevice: process.env.TF_CPP_MIN_LOG_LEVEL === "0" });';
  expect(await examineNative(project('whole', code))).toMatchObject({
    available: true,
    detail: expect.stringMatching(/whole.*, no GPU: --backend eager runs on it$/),
  });
});

test('one that cannot be loaded says why, and what runs all the same', async () => {
  const { available, detail, fix } = await examineNative(project('broken', 'throw new Error("wrong Node version");'));
  expect(available).toBe(false);
  expect(detail).toMatch(/cannot be loaded: Error: wrong Node version$/);
  expect(fix).toContain('--device cpu');
});

test('one that crashes is reported, and crashes nothing else', async () => {
  const { detail } = await examineNative(project('crash', 'process.kill(process.pid, "SIGKILL"); for (;;);'));
  expect(detail).toMatch(/cannot be loaded: it was ended by SIGKILL$/);
});

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEngine } from '../choose.js';

const cache = mkdtempSync(join(tmpdir(), 'gpt-cli-no-openvino-'));
const before = process.env['GPT_CLI_CACHE'];
beforeAll(() => {
  process.env['GPT_CLI_CACHE'] = cache;
  delete process.env['GPT_CLI_OPENVINO'];
});
afterAll(() => {
  if (before === undefined) delete process.env['GPT_CLI_CACHE'];
  else process.env['GPT_CLI_CACHE'] = before;
  rmSync(cache, { recursive: true, force: true });
});

test('the engine without its library says in one line what brings it', async () => {
  await expect(openEngine({ backend: 'openvino', device: 'auto' })).rejects.toMatchObject({
    code: 'openvino/missing',
    message: 'OpenVINO is not installed here',
    hint: 'gpt-cli setup openvino, or --backend onnx',
  });
});

test('a device that it has not is refused', async () => {
  await expect(openEngine({ backend: 'openvino', device: 'webgpu' })).rejects.toMatchObject({ code: 'engine/device' });
});

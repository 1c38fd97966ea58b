import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { typed } from '../../cli/fixtures.js';
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

test('a device that an engine does not have is refused', async () => {
  for (const [backend, device] of [
    ['openvino', 'webgpu'],
    ['openvino', 'cuda'],
    ['tensorflow', 'webgpu'],
    ['tensorflow', 'dml'],
  ] as const)
    await expect(openEngine({ backend, device })).rejects.toMatchObject({
      code: 'engine/device',
      message: `the ${backend} engine has no device ${device}`,
    });
});

test('it is missed before a text is read', async () => {
  const missing = /^error: OpenVINO is not installed here \(gpt-cli setup openvino, or --backend onnx\)\n$/;
  const { code, err } = await typed(`pretrain no/such.txt --backend openvino -o ${join(cache, 'run')}`);
  expect({ code, err }).toEqual({ code: 2, err: expect.stringMatching(missing) });
  expect(existsSync(join(cache, 'run'))).toBe(false);
  await typed(`pretrain README.md --tokenizer byte --n-layer 1 --max-iters 1 --quiet -o ${join(cache, 'run')}`);
  const evaluated = await typed(`eval ${join(cache, 'run')} no/such.txt --backend openvino`);
  expect(evaluated).toMatchObject({ code: 2, err: expect.stringMatching(missing) });
});

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { typed } from '../fixtures.js';
import { eventLine, resultLine } from './setup.js';

const cache = mkdtempSync(join(tmpdir(), 'gpt-cli-setup-command-'));
afterAll(() => rmSync(cache, { recursive: true, force: true }));
const env = { GPT_CLI_CACHE: cache };

test('the sizes are said before it starts, and where it is at the end', () => {
  const sizes = { fetch: 273_829_956, keep: 854_214_250, free: 70e9, folder: 'cache' };
  expect(eventLine({ kind: 'plan', version: '2.21.0', variant: 'cpu', ...sizes }, 'tensorflow')).toBe(
    'TensorFlow 2.21.0 for the CPU: 274 MB to fetch, 854 MB to keep in cache, which has 70.0 GB free',
  );
  const result = { folder: 'cache/x', version: '2.21.0', variant: 'gpu', installed: true, bytes: 5.67e9 } as const;
  expect(resultLine(result, 'tensorflow')).toBe(
    'TensorFlow 2.21.0 with CUDA is set up: 5.7 GB in cache/x; --backend tensorflow uses it',
  );
});

test('--remove with nothing there says so', async () => {
  expect(await typed('setup tensorflow --remove', { env })).toEqual({
    code: 0,
    out: 'there was nothing to remove\n',
    err: '',
  });
  expect(await typed('setup tensorflow --remove --json', { env })).toMatchObject({
    out: '{"event":"removed","folders":[]}\n',
  });
});

test.each([
  ['setup tensorflow --remove --gpu', '--remove goes with no other flag'],
  ['setup openvino --remove --from x.whl', '--remove goes with no other flag'],
  ['setup openvino --from nowhere.whl', 'there is no "nowhere.whl"'],
  ['setup openvino --from x.whl --index http://127.0.0.1:9', '--from needs no --index'],
  ['setup openvino --gpu', 'unknown option'],
  ['setup tensorflow --from nowhere.whl', process.platform === 'win32' ? 'on Windows' : 'there is no "nowhere.whl"'],
])('%s is wrong usage', async (line, message) => {
  const { code, err } = await typed(line, { env });
  expect(code).toBe(2);
  expect(err).toContain(`error: ${message}`);
});

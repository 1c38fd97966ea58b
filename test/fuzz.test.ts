// A short fixed-seed version of `npm run fuzz`.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

test('500 mutated files are read or refused with a GptError, each in under 5 s', () => {
  const script = join(__dirname, '..', 'scripts', 'fuzz.js');
  const env = { ...process.env, NODE_OPTIONS: '' };
  const { status, stdout } = spawnSync(process.execPath, [script, '--count', '500', '--seed', '20261127'], {
    encoding: 'utf8',
    env,
  });
  expect({ status, stdout }).toEqual({ status: 0, stdout: expect.stringContaining('500 inputs, 0 failures') });
});

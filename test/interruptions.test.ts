// A short fixed-seed version of `npm run interruptions`.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const onPosix = process.platform === 'win32' ? test.skip : test;

onPosix('runs interrupted at random moments resume to the bytes of runs that were not', () => {
  const script = join(__dirname, '..', 'scripts', 'interruptions.js');
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, '--count', '8', '--seed', '3'], {
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  expect({ status, stdout, stderr }).toEqual({
    status: 0,
    stdout: expect.stringMatching(/: 8 interruptions /),
    stderr: '',
  });
});

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { dieAtCall } from '../files/testing/dying.js';
import { claimRun, RunLog, saveCheckpoint } from './index.js';
import { content, temporaryFolder, thrown } from './testing/fixtures.js';

const folder = temporaryFolder();
const run = () => join(folder(), 'runs', 'x');
const inRun = (...names: string[]) => join(run(), ...names);

/** A run that saved once and ended. */
async function finishedRun(): Promise<void> {
  const claimed = await claimRun(run(), {});
  const log = await claimed.start({ config: { seed: 1 }, command: ['pretrain', 'a.txt'] });
  log.append({ event: 'step', iter: 10 });
  await saveCheckpoint(claimed.last, content());
  await saveCheckpoint(claimed.best, content({ resumable: false }));
  log.close();
  claimed.release();
}

test('a new run has its config, its log and its checkpoints, and no lock once it is released', async () => {
  await finishedRun();
  expect(readdirSync(run()).sort()).toEqual(['best', 'config.json', 'last', 'log.jsonl']);
  expect(JSON.parse(readFileSync(inRun('config.json'), 'utf8'))).toEqual({
    format: 'gpt-cli-run',
    version: 1,
    config: { seed: 1 },
    command: ['pretrain', 'a.txt'],
  });
});

test('a folder that holds a run is refused unless --resume or --overwrite is given', async () => {
  await finishedRun();
  expect(await thrown(claimRun(run(), {}))).toMatchObject({
    code: 'run/exists',
    hint: expect.stringContaining('--resume'),
  });
  const resumed = await claimRun(run(), { resume: true });
  expect(resumed.checkpoint).toBe(inRun('last'));
  expect(resumed.config).toMatchObject({ config: { seed: 1 } });
  resumed.release();
  (await claimRun(run(), { overwrite: true })).release();
});

test('the run that is overwritten stays as it is until the new one begins, and then only what is ours is removed', async () => {
  await finishedRun();
  writeFileSync(inRun('notes.txt'), 'mine');
  mkdirSync(inRun('tokens'));
  const claimed = await claimRun(run(), { overwrite: true });
  expect(claimed.checkpoint).toBeUndefined();
  const before = snapshot(run());
  const log = await claimed.start({ config: { seed: 2 } });
  mkdirSync(join(claimed.staging, 'tokens'));
  writeFileSync(join(claimed.staging, 'tokens', 'meta.json'), 'new');
  expect(snapshot(run())).toEqual(before);
  await claimed.begin();
  expect(readFileSync(inRun('tokens', 'meta.json'), 'utf8')).toBe('new');
  expect(JSON.parse(readFileSync(inRun('config.json'), 'utf8'))).toMatchObject({ config: { seed: 2 } });
  expect(readdirSync(run()).sort()).toEqual(['.lock', 'config.json', 'log.jsonl', 'notes.txt', 'tokens']);
  log.append({ event: 'step', iter: 1 });
  expect(readFileSync(inRun('log.jsonl'), 'utf8')).toContain('step');
  log.close();
  claimed.release();
});

test('a new run that is given up before its first step leaves the old one byte for byte', async () => {
  await finishedRun();
  const before = snapshot(run());
  const claimed = await claimRun(run(), { overwrite: true });
  (await claimed.start({ config: { seed: 2 } })).close();
  await saveCheckpoint(join(claimed.staging, 'base'), content({ resumable: false }));
  claimed.release();
  expect(snapshot(run())).toEqual(before);
  expect(readdirSync(run())).not.toContain('.new-run');
});

test('wherever a process dies while a new run replaces an old one, one of them is there, whole', async () => {
  const seen = new Set<unknown>();
  for (let calls = 0, died = true; died; calls++) {
    rmSync(run(), { recursive: true, force: true });
    await finishedRun();
    const claimed = await claimRun(run(), { overwrite: true });
    (await claimed.start({ config: { seed: 2 } })).close();
    mkdirSync(join(claimed.staging, 'tokens'));
    writeFileSync(join(claimed.staging, 'tokens', 'meta.json'), 'new');
    died = (await dieAtCall(calls + 1, () => claimed.begin())) === 'died';
    rmSync(inRun('.lock'), { force: true });

    const next = await claimRun(run(), { resume: true });
    const { seed } = (next.config as { config: { seed: number } }).config;
    next.release();
    seen.add(seed);
    if (seed === 1) {
      expect(next.checkpoint).toBe(inRun('last'));
      expect(readFileSync(inRun('log.jsonl'), 'utf8')).toContain('"iter":10');
    } else {
      expect(readFileSync(inRun('tokens', 'meta.json'), 'utf8')).toBe('new');
      expect([next.checkpoint, readFileSync(inRun('log.jsonl'), 'utf8')]).toEqual([undefined, '']);
    }
    expect(readdirSync(run()).filter((name) => name.startsWith('.'))).toEqual([]);
  }
  expect(seen).toEqual(new Set([1, 2]));
});

/** Every file of a run, what is being prepared and the lock left out. */
function snapshot(directory: string): Record<string, string> {
  const names = (readdirSync(directory, { recursive: true }) as string[]).filter(
    (name) => !/^\.(new-run|lock)/.test(name),
  );
  return Object.fromEntries(
    names
      .filter((name) => statSync(join(directory, name)).isFile())
      .map((name) => [name, readFileSync(join(directory, name)).toString('base64')]),
  );
}

test('a foreign folder is never taken, whatever is asked for', async () => {
  mkdirSync(run(), { recursive: true });
  writeFileSync(inRun('thesis.tex'), 'years');
  writeFileSync(inRun('config.json'), '{"model_type":"gpt2"}');
  for (const options of [{}, { overwrite: true }, { resume: true }]) {
    expect(await thrown(claimRun(run(), options))).toMatchObject({
      code: 'run/foreign',
      message: expect.stringContaining('thesis.tex'),
    });
  }
  expect(readdirSync(run()).sort()).toEqual(['config.json', 'thesis.tex']);
});

test('resuming where there is no run is an error', async () => {
  expect(await thrown(claimRun(run(), { resume: true }))).toMatchObject({ code: 'run/missing' });
  expect(existsSync(run())).toBe(false);
  mkdirSync(run(), { recursive: true });
  expect(await thrown(claimRun(run(), { resume: true }))).toMatchObject({ code: 'run/missing' });
});

test('a run that was killed before its first save is resumed from the beginning', async () => {
  const first = await claimRun(run(), {});
  (await first.start({})).close();
  first.release();
  const resumed = await claimRun(run(), { resume: true });
  expect(resumed.checkpoint).toBeUndefined();
  resumed.release();
});

test('a run that was killed before its config was written may be begun again', async () => {
  mkdirSync(inRun('tokens'), { recursive: true });
  mkdirSync(inRun('.last.new'));
  (await claimRun(run(), {})).release();
  (await claimRun(run(), { resume: true })).release();
  expect(readdirSync(run())).toEqual(['tokens']);
});

test('a run with best/ and no last/ is not begun anew by --resume', async () => {
  const claimed = await claimRun(run(), {});
  (await claimed.start({})).close();
  await saveCheckpoint(claimed.best, content({ resumable: false }));
  claimed.release();
  expect(await thrown(claimRun(run(), { resume: true }))).toMatchObject({
    code: 'run/missing',
    hint: expect.stringContaining('--init'),
  });
  expect(existsSync(inRun('best'))).toBe(true);
  expect(existsSync(inRun('.lock'))).toBe(false);
});

test('a path that is a file is an error', async () => {
  writeFileSync(join(folder(), 'runs'), '');
  expect(await thrown(claimRun(run(), {}))).toMatchObject({ code: 'checkpoint/not-writable' });
});

describe('the lock', () => {
  const lock = (holder: object) => {
    mkdirSync(run(), { recursive: true });
    writeFileSync(inRun('.lock'), JSON.stringify(holder));
  };

  test('keeps a second process out', async () => {
    const claimed = await claimRun(run(), {});
    expect(await thrown(claimRun(run(), {}))).toMatchObject({
      code: 'run/locked',
      message: expect.stringContaining(String(process.pid)),
    });
    claimed.release();
    (await claimRun(run(), {})).release();
  });

  test('of a process that died is taken over', async () => {
    const { pid } = spawnSync(process.execPath, ['-e', '']);
    lock({ pid, host: hostname(), started: '1' });
    (await claimRun(run(), {})).release();
  });

  test('of a process that lives is respected', async () => {
    const child = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60000)']);
    try {
      lock({ pid: child.pid, host: hostname(), started: '' });
      expect(await thrown(claimRun(run(), {}))).toMatchObject({ code: 'run/locked' });
    } finally {
      child.kill();
    }
  });

  const testProc = existsSync('/proc/self/stat') ? test : test.skip;
  testProc('of a process whose pid another one has now is taken over', async () => {
    lock({ pid: process.ppid, host: hostname(), started: '1' });
    (await claimRun(run(), {})).release();
  });

  testProc('of a process that died and that nobody took notice of is taken over', async () => {
    const parent = spawn('sh', ['-c', 'sleep 0.3 & echo $!; exec sleep 60']); // sleep does not ask after its child
    try {
      const [line] = await once(parent.stdout, 'data');
      const pid = Number(String(line));
      while (!/^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))) await new Promise(setImmediate);
      lock({ pid, host: hostname(), started: '' });
      (await claimRun(run(), {})).release();
    } finally {
      parent.kill();
    }
  });

  test('of a process on another machine is respected while it gives signs of life', async () => {
    lock({ pid: 1, host: 'elsewhere', started: '1' });
    expect(await thrown(claimRun(run(), {}))).toMatchObject({ message: expect.stringContaining('elsewhere') });
    const before = new Date(Date.now() - 200_000);
    utimesSync(inRun('.lock'), before, before);
    (await claimRun(run(), {})).release();
  });

  test('that is torn is taken over once it is not being written', async () => {
    mkdirSync(run(), { recursive: true });
    writeFileSync(inRun('.lock'), '{"pi');
    expect(await thrown(claimRun(run(), {}))).toMatchObject({ code: 'run/locked' });
    const before = new Date(Date.now() - 10_000);
    utimesSync(inRun('.lock'), before, before);
    (await claimRun(run(), {})).release();
  });
});

describe('the log', () => {
  const evaluation = (iter: number) => ({ iter, trainLoss: 1, valLoss: 1, bitsPerByte: 1 });
  const lines = [
    { event: 'start', iter: 0 },
    { event: 'step', iter: 5 },
    { event: 'checkpoint', iter: 5, kind: 'last' },
    { event: 'eval', iter: 5 },
    { event: 'checkpoint', iter: 5, kind: 'best' },
    { event: 'notice', message: 'x' },
    { event: 'step', iter: 10 },
    { event: 'checkpoint', iter: 10, kind: 'last' },
    { event: 'eval', iter: 10 },
    { event: 'step', iter: 15 },
  ];
  const path = () => join(folder(), 'log.jsonl');
  const written = () => readFileSync(path(), 'utf8');
  const resumedAt = (iter: number, evaluated: number | undefined, tail = '') => {
    writeFileSync(path(), lines.map((line) => `${JSON.stringify(line)}\n`).join('') + tail);
    RunLog.open(path(), { iter, evaluation: evaluated === undefined ? null : evaluation(evaluated) }).close();
    return written().trimEnd().split('\n').length;
  };

  test('of a resumed run is cut after its checkpoint, before an evaluation that will be made again', () => {
    expect(resumedAt(5, undefined)).toBe(3);
    expect(resumedAt(10, 5)).toBe(8);
  });

  test('keeps the evaluation when the checkpoint knows of it', () => {
    expect(resumedAt(5, 5)).toBe(6);
    expect(resumedAt(10, 10)).toBe(9);
  });

  test('loses a torn last line', () => {
    expect(resumedAt(20, 10)).toBe(10);
    expect(resumedAt(20, 10, '{"event":"st')).toBe(10);
    expect(written().endsWith('\n')).toBe(true);
  });

  test('goes on after the cut', () => {
    resumedAt(5, undefined);
    const log = RunLog.open(path(), { iter: 5, evaluation: null });
    log.append({ event: 'eval', iter: 5, valLoss: Number.NaN });
    log.close();
    expect(written().split('\n').at(-2)).toBe('{"event":"eval","iter":5,"valLoss":null}');
  });

  test('of a new run begins empty', () => {
    writeFileSync(path(), 'old\n');
    RunLog.open(path()).close();
    expect(written()).toBe('');
  });
});

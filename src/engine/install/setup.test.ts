import { spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundle } from '../../../test/bundle.js';
import { tensorflowLibrary } from '../tensorflow/description.js';
import { locateTensorflow } from '../tensorflow/locate.js';
import { libraryNames } from '../tensorflow/names.js';
import type { Pins, Wheel } from './pins.js';
import { removeInstalls, setup as setupLibrary } from './setup.js';
import {
  machine,
  type Pip,
  pinsOf,
  pretendPython,
  probe,
  wheelFiles,
  wheelName,
  writeWheel,
} from './testing/fixtures.js';
import type { SetupEvent, SetupOptions } from './types.js';

const version = '2.99.0';
let folder: string;
let index: string;
let wheel: Wheel;
let pins: Pins;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gpt-cli-setup-'));
  index = join(folder, 'index');
  wheel = writeWheel(join(index, wheelName(version)), wheelFiles(version));
  pins = pinsOf(version, [wheel]);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const { main } = libraryNames('linux')!;
const environment = (pip: Partial<Pip> | null = {}) => ({
  ...pretendPython(join(folder, 'bin'), pip === null ? undefined : { index, ...pip }),
  GPT_CLI_CACHE: join(folder, 'cache'),
});
const cached = () =>
  existsSync(join(folder, 'cache', 'tensorflow')) ? readdirSync(join(folder, 'cache', 'tensorflow')) : [];
const setup = ({ env = environment(), ...options }: SetupOptions = {}) =>
  setupLibrary(tensorflowLibrary, { pins, machine, probe, env, ...options });
const pipCalls = () =>
  readFileSync(join(folder, 'bin', 'calls.txt'), 'utf8')
    .trim()
    .split('\n');

const onLinux = process.platform === 'linux' ? describe : describe.skip;

onLinux('setup', () => {
  test('fetches the pinned wheel, keeps the libraries and says the sizes before', async () => {
    const events: SetupEvent[] = [];
    const result = await setup({ on: (event) => events.push(event) });
    expect(result).toMatchObject({ version, variant: 'cpu', installed: true, bytes: wheel.kept });
    expect(events[0]).toMatchObject({ kind: 'plan', version, fetch: wheel.bytes, keep: wheel.kept });
    expect(readdirSync(result.folder).sort()).toEqual(
      ['THIRD_PARTY_NOTICES.txt', 'include', main, 'libtensorflow_framework.so.2'].sort(),
    );
    expect(existsSync(join(result.folder, 'include/tensorflow/c/c_api.h'))).toBe(true);
    expect(existsSync(join(result.folder, 'include/tensorflow/core/graph.h'))).toBe(false);
    expect(cached()).toEqual([`${version}-cpu`]);
    expect(locateTensorflow(environment())).toEqual({ folder: result.folder, version, source: 'cache' });
  });

  test('pip is asked for one wheel, by hash, and builds nothing', async () => {
    await setup();
    const [call, ...others] = pipCalls();
    expect(others).toEqual([]);
    for (const part of ['-m pip download', '--no-deps', '--only-binary=:all:', '--require-hashes'])
      expect(call).toContain(part);
    expect(call).toContain('--python-version 3.11 --abi cp311 --platform manylinux_2_27_x86_64');
    expect(call).not.toMatch(/index-url|https?:/);
  });

  test('a second setup finds the first and fetches nothing', async () => {
    const first = await setup();
    expect(await setup()).toEqual({ ...first, installed: false });
    expect(pipCalls()).toHaveLength(1);
  });

  test('an install that lost a part is no install, and is made anew', async () => {
    const { folder: made } = await setup();
    truncateSync(join(made, main), 10);
    expect(locateTensorflow(environment())).toBeUndefined();
    expect(await setup()).toMatchObject({ installed: true });
    expect(locateTensorflow(environment())).toMatchObject({ folder: made });
  });

  test('another version takes the place of the old one', async () => {
    await setup();
    const next = writeWheel(join(index, wheelName('2.99.1')), wheelFiles('2.99.1'));
    await setup({ pins: pinsOf('2.99.1', [next]) });
    expect(cached()).toEqual(['2.99.1-cpu']);
  });

  test('--gpu puts the CUDA libraries where the library looks for them', async () => {
    const big = writeWheel(join(index, wheelName(version, 'tensorflow')), wheelFiles(version));
    const cuda = writeWheel(join(index, 'nvidia_cublas_cu12-12.9.3-py3-none-manylinux_2_27_x86_64.whl'), {
      'nvidia/cublas/lib/libcublas.so.12': 'code',
      'nvidia/cublas/include/cublas.h': '// not kept',
    });
    const { folder: made } = await setup({ gpu: true, pins: pinsOf(version, [wheel], [big, cuda]) });
    expect(made).toContain(`${version}-gpu`);
    expect(readFileSync(join(made, '../nvidia/cublas/lib/libcublas.so.12'), 'utf8')).toBe('code');
    expect(existsSync(join(made, '../nvidia/cublas/include'))).toBe(false);
  });

  test('--remove takes everything away', async () => {
    await setup();
    expect(removeInstalls(tensorflowLibrary, environment())).toHaveLength(1);
    expect(cached()).toEqual([]);
    expect(locateTensorflow(environment())).toBeUndefined();
    expect(removeInstalls(tensorflowLibrary, environment())).toEqual([]);
  });

  test('two setups at once both end with the one install', async () => {
    const env = environment({ delay: 300 });
    const results = await Promise.all([setup({ env }), setup({ env }), setup({ env })]);
    expect(new Set(results.map((result) => result.folder)).size).toBe(1);
    expect(cached()).toEqual([`${version}-cpu`]);
    expect(locateTensorflow(env)).toMatchObject({ version });
  });
});

onLinux('--from', () => {
  test('takes a pinned wheel without Python', async () => {
    const env = { PATH: '', GPT_CLI_CACHE: join(folder, 'cache') };
    for (const from of [join(index, wheel.file), index])
      expect(await setup({ from, env })).toMatchObject({ version, variant: 'cpu', bytes: wheel.kept });
  });

  test('takes another wheel as it is, and says so', async () => {
    const other = join(folder, 'other', wheelName('2.98.0'));
    writeWheel(other, wheelFiles('2.98.0'));
    const events: SetupEvent[] = [];
    const made = await setup({ from: other, on: (event) => events.push(event) });
    expect(made).toMatchObject({ version: '2.98.0', variant: 'local' });
    expect(events).toContainEqual({ kind: 'notice', message: expect.stringContaining('is not the pinned wheel') });
  });

  test('takes the libraries of a folder, or of site-packages with CUDA beside it', async () => {
    const files = wheelFiles('2.97.0', { 'nvidia/nccl/lib/libnccl.so.2': 'nccl' });
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(join(folder, 'site', path, '..'), { recursive: true });
      writeFileSync(join(folder, 'site', path), text);
    }
    for (const from of [join(folder, 'site'), join(folder, 'site/tensorflow')]) {
      const { folder: made } = await setup({ from });
      expect(readFileSync(join(made, main), 'utf8')).toMatch(/^2\.97\.0\n/);
      expect(existsSync(join(made, '../nvidia/nccl/lib/libnccl.so.2'))).toBe(true);
      expect(existsSync(join(made, 'python'))).toBe(false);
    }
  });

  test('a damaged pinned wheel is refused and leaves nothing', async () => {
    writeFileSync(join(index, wheel.file), 'PK\x03\x04 no more');
    await expect(setup({ from: index })).rejects.toMatchObject({ code: 'setup/hash' });
    expect(cached()).toEqual([]);
  });

  test.each([
    ['a name that is nothing', () => join(folder, 'nothing'), /there is no/],
    ['a folder without either', () => join(folder, 'bin'), /no libtensorflow_cc/],
    ['a file of another kind', () => join(folder, 'bin/pip.json'), /neither a folder nor a wheel/],
  ])('%s is an error', async (_, from, message) => {
    environment();
    await expect(setup({ from: from() })).rejects.toMatchObject({
      code: 'setup/from',
      message: expect.stringMatching(message),
    });
  });

  test('a wheel without the library, or that is no zip, is an error', async () => {
    const empty = join(folder, 'x', wheelName('2.96.0'));
    writeWheel(empty, { 'tensorflow/python/module.py': '' });
    await expect(setup({ from: empty })).rejects.toMatchObject({ code: 'setup/from' });
    writeFileSync(empty, 'text');
    await expect(setup({ from: empty })).rejects.toMatchObject({ code: 'setup/wheel' });
    expect(cached()).toEqual([]);
  });
});

onLinux('what can go wrong', () => {
  const refused =
    'WARNING: Retrying after connection broken by NewConnectionError: Connection refused\nERROR: No matching distribution found for tensorflow-cpu==2.99.0\n';
  test.each([
    ['no network', { says: refused }, 'setup/network', /--from/],
    [
      'an index without it',
      { says: 'ERROR: No matching distribution found for tensorflow-cpu==2.99.0\n' },
      'setup/fetch',
      /pip config/,
    ],
    [
      'a full disk',
      { says: 'ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device\n' },
      'setup/disk',
      /GPT_CLI_CACHE/,
    ],
    ['no pip', null, 'setup/pip', /ensurepip/],
  ])('%s', async (_, pip, code, hint) => {
    const failure = setup({ env: environment(pip) });
    await expect(failure).rejects.toMatchObject({ code, hint: expect.stringMatching(hint) });
    expect(cached()).toEqual([]);
  });

  test('no Python', async () => {
    const env = { PATH: folder, GPT_CLI_CACHE: join(folder, 'cache') };
    await expect(setup({ env })).rejects.toMatchObject({ code: 'setup/python', hint: expect.stringMatching(/--from/) });
  });

  test('an index that serves another file', async () => {
    writeWheel(join(index, wheel.file), wheelFiles('6.6.6'));
    await expect(setup()).rejects.toMatchObject({ code: 'setup/hash' });
    expect(cached()).toEqual([]);
  });

  test('a disk that is too small is found before anything is fetched', async () => {
    const huge = pinsOf(version, [{ ...wheel, kept: 1e18 }]);
    await expect(setup({ pins: huge })).rejects.toMatchObject({ code: 'setup/disk' });
    expect(existsSync(join(folder, 'bin', 'calls.txt'))).toBe(false);
  });

  test('a cache that cannot be written', async () => {
    const env = { ...environment(), GPT_CLI_CACHE: join(index, wheel.file) };
    await expect(setup({ env })).rejects.toMatchObject({
      code: 'setup/cache',
      hint: expect.stringContaining('GPT_CLI_CACHE'),
    });
  });

  test.each([
    ['win32', 'x64', undefined, /python311\.dll/],
    ['linux', 'ia32', '2.36', /no wheel for linux ia32/],
    ['linux', 'x64', undefined, /glibc/],
    ['linux', 'x64', '2.17', /this is 2\.17/],
  ])('%s %s with glibc %s is refused', async (platform, arch, glibc, message) => {
    await expect(setup({ machine: { platform, arch, glibc } })).rejects.toMatchObject({
      code: 'setup/platform',
      message: expect.stringMatching(message),
    });
  });

  test('a library that does not load is not installed', async () => {
    const broken = setup({ probe: async () => Promise.reject(new Error('illegal instruction')) });
    await expect(broken).rejects.toThrow('illegal instruction');
    expect(cached()).toEqual([]);
  });

  test('GPT_CLI_TENSORFLOW that leads nowhere is an error', () => {
    expect(() => locateTensorflow({ GPT_CLI_TENSORFLOW: folder })).toThrow(/holds no TensorFlow/);
  });

  test('interrupted while pip fetches: nothing is left', async () => {
    const controller = new AbortController();
    const running = setup({ signal: controller.signal, env: environment({ delay: 60_000 }) });
    setTimeout(() => controller.abort(), 1000);
    await expect(running).rejects.toMatchObject({ name: 'AbortError' });
    expect(cached()).toEqual([]);
  });
});

onLinux('kill -9', () => {
  let program: string;
  beforeEach(() => {
    program = join(folder, 'run.mjs');
    writeFileSync(program, bundle(__dirname, "import './testing/run.js';"));
  });

  /** Starts a setup, kills it when it says `at`; the names in the cache then. */
  async function killedAt(at: RegExp, delays: { pip?: number; slow?: number }): Promise<string[]> {
    const env = environment(delays.pip ? { delay: delays.pip } : {}) as NodeJS.ProcessEnv;
    const child = spawn(process.execPath, [program, JSON.stringify({ pins, slow: delays.slow })], { env });
    let text = '';
    await new Promise<void>((resolve, reject) => {
      child.on('close', resolve);
      child.on('error', reject);
      child.stdout.on('data', (chunk) => {
        text += chunk;
        if (at.test(text)) setTimeout(() => child.kill('SIGKILL'), 100);
      });
    });
    expect(child.signalCode).toBe('SIGKILL');
    expect(text).toMatch(at);
    return cached();
  }

  test.each([
    ['fetched', /fetching/, { pip: 2000 }],
    ['loaded', /loading/, { slow: 60_000 }],
  ])('while it is %s: nothing is found, and the next setup cleans up', async (_, at, delays) => {
    const left = await killedAt(at, delays);
    expect(left).toHaveLength(1); // its work folder
    expect(left[0]).toMatch(/^\.setup-/);
    expect(locateTensorflow(environment())).toBeUndefined();
    expect(await setup()).toMatchObject({ installed: true });
    expect(cached()).toEqual([`${version}-cpu`]);
  });

  test('while it is made anew: the old install stays whole', async () => {
    await setup();
    const next = writeWheel(join(index, wheelName('2.99.1')), wheelFiles('2.99.1'));
    pins = pinsOf('2.99.1', [next]);
    await killedAt(/loading/, { slow: 60_000 });
    expect(locateTensorflow(environment())).toMatchObject({ version });
    expect(await setup()).toMatchObject({ version: '2.99.1' });
    expect(cached()).toEqual(['2.99.1-cpu']);
  });
});

// OpenVINO by the installer, with small wheels, and without Python from an index on this machine.
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
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addressIn } from '../install/package-index.js';
import type { Pins, Wheel } from '../install/pins.js';
import { partsOf } from '../install/pip.js';
import { removeInstalls, setup } from '../install/setup.js';
import { writeWheel } from '../install/testing/fixtures.js';
import type { SetupOptions } from '../install/types.js';
import { isKept } from '../install/wheel.js';
import { openvinoLibrary } from './description.js';
import { locateOpenvino } from './locate.js';
import { libraryNames } from './names.js';

const names = libraryNames(process.platform, process.arch);
const here = names ? describe : describe.skip;
const version = '2026.99.0';
const file = `openvino-${version}-1-cp311-cp311-manylinux_2_28_x86_64.whl`;
const machine = { platform: process.platform, arch: process.arch, glibc: '2.36' };

let folder: string;
let wheel: Wheel;
let pins: Pins;
let server: Server | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gpt-cli-openvino-'));
  const files = Object.fromEntries((names ?? []).map((name) => [`openvino/libs/${name}`, `${version}\n${name}`]));
  const others = { 'openvino/libs/libopenvino_intel_gpu_plugin.so': 'no', 'openvino/__init__.py': 'no' };
  const licence = { [`openvino-${version}.dist-info/licenses/LICENSE`]: 'licence' };
  wheel = writeWheel(join(folder, 'wheels', file), { ...files, ...others, ...licence }, openvinoLibrary);
  pins = { cpu: { [`${process.platform}-${process.arch}`]: { version, wheels: [wheel] } }, gpu: {} };
});
afterEach(async () => {
  await new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined)));
  server = undefined;
  rmSync(folder, { recursive: true, force: true });
});

const cache = () => ({ PATH: '', GPT_CLI_CACHE: join(folder, 'cache') });
const probe = async (place: string) => readFileSync(join(place, names![0]), 'utf8').split('\n')[0]!;
const install = (options: SetupOptions) => setup(openvinoLibrary, { pins, machine, probe, env: cache(), ...options });
const cached = () =>
  existsSync(join(folder, 'cache', 'openvino')) ? readdirSync(join(folder, 'cache', 'openvino')) : [];

async function serve(listener: RequestListener): Promise<string> {
  server = createServer(listener);
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const bytesOf = () => readFileSync(join(folder, 'wheels', file));
/** A package index, as HTML or as JSON, that serves `bytes` as the wheel. */
const packageIndex = (kind: 'html' | 'json', bytes: () => Buffer = bytesOf) =>
  serve((request, response) => {
    if (request.url === `/files/${file}`) return void response.end(bytes());
    if (request.url !== '/simple/openvino/') return void response.writeHead(404).end();
    const others = ['openvino-2020.1-cp36-cp36m-win_amd64.whl', file];
    const json = JSON.stringify({ files: others.map((filename) => ({ filename, url: `../../files/${filename}` })) });
    const html = others.map((name) => `<a class="x" href="../../files/${name}#sha256=0">${name}</a>`).join('\n');
    response.end(kind === 'json' ? json : `<!DOCTYPE html>${html}`);
  });

here('setup openvino', () => {
  test.each(['html', 'json'] as const)('without Python, from an index that answers in %s', async (kind) => {
    const index = `${await packageIndex(kind)}/simple`;
    const made = await install({ index });
    expect(made).toMatchObject({ version, variant: 'cpu', installed: true, bytes: wheel.kept });
    expect(readdirSync(made.folder).sort()).toEqual([...names!].sort());
    expect(cached()).toEqual([`${version}-cpu`]);
    expect(locateOpenvino(cache())).toEqual({ folder: made.folder, version, source: 'cache' });
    expect(await install({ index })).toMatchObject({ installed: false });
  });

  test('PIP_INDEX_URL is the index where there is no Python', async () => {
    const env = { ...cache(), PIP_INDEX_URL: `${await packageIndex('html')}/simple/` };
    expect(await install({ env })).toMatchObject({ version, installed: true });
  });

  test('without Python and without an index it says what to do', async () => {
    await expect(install({})).rejects.toMatchObject({
      code: 'setup/python',
      message: expect.stringContaining('OpenVINO'),
      hint: expect.stringContaining('--index'),
    });
    expect(cached()).toEqual([]);
  });

  test('takes the pinned wheel from a folder, and libraries from site-packages', async () => {
    expect(await install({ from: join(folder, 'wheels') })).toMatchObject({ version, variant: 'cpu' });
    mkdirSync(join(folder, 'site/openvino/libs'), { recursive: true });
    for (const name of names!) writeFileSync(join(folder, 'site/openvino/libs', name), '2026.98.0\n');
    for (const from of ['site', 'site/openvino', 'site/openvino/libs'])
      expect(await install({ from: join(folder, from) })).toMatchObject({ version: '2026.98.0', variant: 'local' });
  });

  test.each([
    ['another file', () => Buffer.from('PK another'), 'setup/hash'],
    ['a file without end', () => Buffer.concat([bytesOf(), Buffer.alloc(10)]), 'setup/hash'],
  ])('an index that serves %s leaves nothing', async (_, bytes, code) => {
    const index = `${await packageIndex('json', bytes)}/simple`;
    await expect(install({ index })).rejects.toMatchObject({ code });
    expect(cached()).toEqual([]);
  });

  test('an index without the wheel, with another address, or that is not there', async () => {
    const base = await serve((request, response) => {
      if (request.url === '/simple/openvino/') response.end('<a href="x.whl">x</a>');
      else response.writeHead(403).end();
    });
    await expect(install({ index: `${base}/simple` })).rejects.toMatchObject({ code: 'setup/fetch' });
    await expect(install({ index: base })).rejects.toMatchObject({ message: expect.stringContaining('403') });
    await expect(install({ index: 'http://127.0.0.1:9/simple' })).rejects.toMatchObject({ code: 'setup/network' });
    expect(cached()).toEqual([]);
  });

  test('interrupted while it is fetched: nothing is left', async () => {
    const controller = new AbortController();
    const base = await serve((request, response) => {
      if (request.url?.endsWith('/openvino/')) return void response.end(`<a href="/${file}">x</a>`);
      response.write(bytesOf().subarray(0, 100));
      setTimeout(() => controller.abort(), 100);
    });
    await expect(install({ index: base, signal: controller.signal })).rejects.toMatchObject({ name: 'AbortError' });
    server!.closeAllConnections();
    expect(cached()).toEqual([]);
  });

  test('a disk that is too small is found before anything is fetched', async () => {
    const huge = {
      cpu: { [`${process.platform}-${process.arch}`]: { version, wheels: [{ ...wheel, kept: 1e18 }] } },
      gpu: {},
    };
    await expect(install({ index: 'http://127.0.0.1:9', pins: huge })).rejects.toMatchObject({
      code: 'setup/disk',
      message: expect.stringContaining('OpenVINO needs'),
    });
  });

  test('an install that lost a part is no install', async () => {
    const { folder: made } = await install({ from: join(folder, 'wheels') });
    truncateSync(join(made, names![1]!), 1);
    expect(locateOpenvino(cache())).toBeUndefined();
    expect(await install({ from: join(folder, 'wheels') })).toMatchObject({ installed: true });
    expect(removeInstalls(openvinoLibrary, cache())).toHaveLength(1);
    expect(cached()).toEqual([]);
  });

  test('GPT_CLI_OPENVINO names the library; where it leads nowhere it is an error', async () => {
    const { folder: made } = await install({ from: join(folder, 'wheels') });
    expect(locateOpenvino({ GPT_CLI_OPENVINO: made })).toEqual({ folder: made, source: 'environment' });
    expect(() => locateOpenvino({ GPT_CLI_OPENVINO: folder })).toThrow(/holds no OpenVINO/);
  });
});

describe('the pinned wheels', () => {
  test.each(['linux-x64', 'linux-arm64', 'darwin-arm64', 'win32-x64'])('%s has one, and names for its files', (key) => {
    const [platform, arch] = key.split('-') as [string, string];
    expect(openvinoLibrary.pins.cpu[key]!.wheels).toHaveLength(1);
    const libraries = libraryNames(platform, arch)!;
    expect(libraries).toHaveLength(5);
    for (const name of libraries) expect(isKept(openvinoLibrary, `openvino/libs/${name}`)).toBe(true);
  });

  test('no other platform has names', () => {
    expect(libraryNames('darwin', 'x64')).toBeUndefined();
    expect(libraryNames('win32', 'arm64')).toBeUndefined();
  });

  test('an older glibc is refused', async () => {
    const older = { platform: 'linux', arch: 'x64', glibc: '2.27' };
    await expect(setup(openvinoLibrary, { machine: older, env: cache() })).rejects.toMatchObject({
      code: 'setup/platform',
      message: 'OpenVINO needs glibc 2.28 or newer, this is 2.27',
    });
  });

  test('pip is asked for the platform of a name that has a build number', () => {
    const { name, version: asked, tags } = partsOf(openvinoLibrary.pins.cpu['win32-x64']!.wheels[0]!.file);
    expect([name, asked, tags.at(-1)]).toEqual(['openvino', '2026.4.1', 'win_amd64']);
  });
});

test('the address of a file in a page is made absolute, without its fragment', () => {
  const page = `<a data-x="1" href="/f/a%2Bb.whl?x=1&amp;y=2#sha256=00">a+b.whl</a>`;
  expect(addressIn(page, 'a+b.whl', 'https://host/simple/a/')).toBe('https://host/f/a%2Bb.whl?x=1&y=2');
  expect(addressIn(page, 'b.whl', 'https://host/simple/a/')).toBeUndefined();
});

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { driverManifests, findDrivers } from './adapter.js';

describe('drivers', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'gpt-cli-adapter-'));
    mkdirSync(join(folder, 'vulkan', 'icd.d'), { recursive: true });
    writeFileSync(join(folder, 'libvulkan.so.1'), '');
    const manifest = (library: string) => JSON.stringify({ ICD: { library_path: library } });
    writeFileSync(join(folder, 'vulkan', 'icd.d', 'a.json'), manifest('/opt/lib/libGLX_card.so.0'));
    writeFileSync(join(folder, 'soft.json'), manifest('./libvk_swiftshader.so'));
    writeFileSync(join(folder, 'broken.json'), '{');
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test('are what the variable names, the software ones told apart', () => {
    const files = ['vulkan/icd.d', 'soft.json', 'broken.json', 'absent.json'].map((name) => join(folder, name));
    const env = { LD_LIBRARY_PATH: folder, VK_DRIVER_FILES: files.join(':') };
    expect(findDrivers('linux', env)).toEqual({
      drivers: 'Vulkan driver libGLX_card.so.0, libvk_swiftshader.so (software), broken.json',
    });
  });

  test('are looked for in the data folders otherwise', () => {
    expect(driverManifests({ XDG_DATA_DIRS: folder })).toContain(join(folder, 'vulkan', 'icd.d', 'a.json'));
  });

  test('a loader without a driver is told', () => {
    const env = { LD_LIBRARY_PATH: folder, VK_DRIVER_FILES: join(folder, 'absent.json') };
    expect(findDrivers('linux', env).missing).toBe('there is a Vulkan loader (libvulkan.so.1), but no Vulkan driver');
  });

  test('are the business of other systems elsewhere', () => {
    expect(findDrivers('darwin', {})).toEqual({});
    expect(findDrivers('win32', {})).toEqual({});
  });
});

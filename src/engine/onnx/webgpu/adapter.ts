// What the WebGPU provider needs of the system, looked at without starting it: on Linux a Vulkan loader and a driver.
// Started without them, it writes warnings of its own to standard error.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, delimiter, join } from 'node:path';

type Env = Readonly<Record<string, string | undefined>>;

export interface Found {
  /** Why there can be no adapter. */
  readonly missing?: string;
  /** The drivers that may give one, in words. */
  readonly drivers?: string;
}

/** Other systems bring theirs: Metal, Direct3D 12. */
export function findDrivers(platform: string = process.platform, env: Env = process.env): Found {
  if (platform !== 'linux') return {};
  if (!hasLoader(env)) return { missing: 'libvulkan.so.1 is not installed' };
  const manifests = driverManifests(env);
  if (manifests.length === 0) return { missing: 'there is a Vulkan loader (libvulkan.so.1), but no Vulkan driver' };
  return { drivers: `Vulkan driver ${manifests.map(described).join(', ')}` };
}

function hasLoader(env: Env): boolean {
  const triplet = process.arch === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu';
  const folders = [`/usr/lib/${triplet}`, `/lib/${triplet}`, '/usr/lib64', '/usr/lib', '/usr/local/lib'];
  folders.push(...listed(env['LD_LIBRARY_PATH']));
  return folders.some((folder) => existsSync(`${folder}/libvulkan.so.1`));
}

/** Where the Vulkan loader looks for the descriptions of drivers; VK_DRIVER_FILES replaces all of it. */
export function driverManifests(env: Env): string[] {
  const given = listed(env['VK_DRIVER_FILES'] ?? env['VK_ICD_FILENAMES']);
  if (given.length > 0)
    return given.flatMap((path) => (path.endsWith('.json') ? [path].filter(existsSync) : inside(path)));
  const bases = ['/etc', '/usr/local/share', '/usr/share', ...listed(env['XDG_DATA_DIRS'])];
  const home = env['XDG_DATA_HOME'] ?? (env['HOME'] && join(env['HOME'], '.local', 'share'));
  const folders = [...bases, ...(home ? [home] : [])].map((base) => join(base, 'vulkan', 'icd.d'));
  return [...new Set([...folders, ...listed(env['VK_ADD_DRIVER_FILES'])])].flatMap(inside);
}

function inside(folder: string): string[] {
  if (folder.endsWith('.json')) return existsSync(folder) ? [folder] : [];
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder).filter((name) => name.endsWith('.json'));
  return names.sort().map((name) => join(folder, name));
}

/** The library that a manifest names, and whether it computes in software. */
function described(manifest: string): string {
  const library = libraryOf(manifest) ?? basename(manifest);
  return /swiftshader|libvulkan_lvp/.test(library) ? `${library} (software)` : library;
}

function libraryOf(manifest: string): string | undefined {
  try {
    const { ICD } = JSON.parse(readFileSync(manifest, 'utf8')) as { ICD?: { library_path?: string } };
    return ICD?.library_path && basename(ICD.library_path);
  } catch {
    return undefined;
  }
}

function listed(paths: string | undefined): string[] {
  return (paths ?? '').split(delimiter).filter(Boolean);
}

// --from: the libraries out of a folder or a wheel that is already on this machine. Needs no network and no Python.
import { copyFileSync, existsSync, mkdirSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { GptError } from '../../../errors.js';
import { libraryNames } from '../names.js';
import { entries } from './cache.js';
import type { Pin } from './pins.js';
import { isKept } from './wheel.js';

/** What --from leads to. */
export type Source =
  | { readonly kind: 'wheels'; readonly paths: readonly string[] }
  /** `folder` holds the libraries. */
  | { readonly kind: 'libraries'; readonly folder: string };

/**
 * @param from a wheel, a folder with the pinned wheels or one of TensorFlow, a folder that holds the libraries, or one
 * whose `tensorflow` does (site-packages)
 * @throws GptError `setup/from` if there is nothing to take
 */
export function findSource(from: string, pin: Pin | undefined): Source {
  const path = resolve(from);
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat) throw new GptError('setup/from', `there is no ${JSON.stringify(from)}`);
  if (stat.isFile()) {
    if (path.endsWith('.whl')) return { kind: 'wheels', paths: [path] };
    throw new GptError('setup/from', `${from} is neither a folder nor a wheel`, { hint: 'a wheel ends with .whl' });
  }
  const { main, framework } = libraryNames()!;
  const folder = [path, join(path, 'tensorflow')].find((place) => existsSync(join(place, main)));
  if (folder) {
    if (existsSync(join(folder, framework))) return { kind: 'libraries', folder };
    throw new GptError('setup/from', `${folder} has ${main}, but not ${framework}`);
  }
  return { kind: 'wheels', paths: wheelsIn(path, from, pin) };
}

function wheelsIn(path: string, from: string, pin: Pin | undefined): string[] {
  const present = entries(path).filter((name) => name.endsWith('.whl'));
  const pinned = pin?.wheels.map(({ file }) => file) ?? [];
  const missing = pinned.filter((file) => !present.includes(file));
  if (pinned.length > 0 && missing.length === 0) return pinned.map((file) => join(path, file));
  const main = present.filter((name) => /^tensorflow(_cpu)?-/.test(name));
  if (main.length === 1 && pinned.length <= 1) return [join(path, main[0]!)];
  const hint = pinned.length > 0 ? `it lacks ${missing.join(', ')}` : undefined;
  const what =
    main.length > 1 ? `${main.length} wheels of TensorFlow` : `no ${libraryNames()!.main} and no wheel for it`;
  throw new GptError('setup/from', `${from} holds ${what}`, { ...(hint ? { hint } : {}) });
}

/** Copies libraries, licences and the CUDA libraries beside them; bytes by path. */
export function copyLibraries(folder: string, into: string): Record<string, number> {
  const files: Record<string, number> = {};
  const copy = (source: string, path: string) => {
    const target = join(into, path);
    mkdirSync(dirname(target), { recursive: true });
    copyFileSync(source, target);
    files[path] = statSync(target).size;
  };
  const walk = (place: string, path: string) => {
    for (const name of entries(place)) {
      const inner = join(place, name);
      if (statSync(inner).isDirectory()) walk(inner, `${path}/${name}`);
      else if (isKept(`${path}/${name}`)) copy(inner, `${path}/${name}`);
    }
  };
  const { main, framework } = libraryNames()!;
  for (const name of [main, framework, 'THIRD_PARTY_NOTICES.txt'])
    if (existsSync(join(folder, name))) copy(join(folder, name), `tensorflow/${name}`);
  walk(join(folder, 'include'), 'tensorflow/include');
  if (basename(folder) === 'tensorflow') walk(join(dirname(folder), 'nvidia'), 'nvidia');
  return files;
}

// --from: the libraries out of a folder or a wheel that is already on this machine. Needs no network and no Python.
import { copyFileSync, existsSync, mkdirSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { GptError } from '../../errors.js';
import { entries } from './cache.js';
import type { LibraryDescription } from './description.js';
import type { Pin } from './pins.js';
import { isKept } from './wheel.js';

/** What --from leads to. */
export type Source =
  | { readonly kind: 'wheels'; readonly paths: readonly string[] }
  /** `folder` holds the libraries. */
  | { readonly kind: 'libraries'; readonly folder: string };

/**
 * @param from a wheel, a folder with the pinned wheels or one of the library, a folder that holds the libraries, or one
 * that has them where a wheel does (site-packages)
 * @throws GptError `setup/from` if there is nothing to take
 */
export function findSource(library: LibraryDescription, from: string, pin: Pin | undefined): Source {
  const path = resolve(from);
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat) throw new GptError('setup/from', `there is no ${JSON.stringify(from)}`);
  if (stat.isFile()) {
    if (path.endsWith('.whl')) return { kind: 'wheels', paths: [path] };
    throw new GptError('setup/from', `${from} is neither a folder nor a wheel`, { hint: 'a wheel ends with .whl' });
  }
  const [main, ...others] = library.libraries(process) ?? [];
  const folder = placesIn(library, path).find((place) => main && existsSync(join(place, main)));
  if (folder) {
    const missing = others.find((name) => !existsSync(join(folder, name)));
    if (missing === undefined) return { kind: 'libraries', folder };
    throw new GptError('setup/from', `${folder} has ${main}, but not ${missing}`);
  }
  return { kind: 'wheels', paths: wheelsIn(library, path, from, pin) };
}

/** Where the libraries may lie when a person names a folder: itself, each folder on the way to them in a wheel. */
export function placesIn({ folder }: Pick<LibraryDescription, 'folder'>, path: string): string[] {
  const parts = folder.split('/');
  return [...parts.keys(), parts.length].map((count) => join(path, ...parts.slice(parts.length - count)));
}

function wheelsIn(library: LibraryDescription, path: string, from: string, pin: Pin | undefined): string[] {
  const present = entries(path).filter((name) => name.endsWith('.whl'));
  const pinned = pin?.wheels.map(({ file }) => file) ?? [];
  const missing = pinned.filter((file) => !present.includes(file));
  if (pinned.length > 0 && missing.length === 0) return pinned.map((file) => join(path, file));
  const main = present.filter((name) => library.wheel.test(name));
  if (main.length === 1 && pinned.length <= 1) return [join(path, main[0]!)];
  const hint = pinned.length > 0 ? `it lacks ${missing.join(', ')}` : undefined;
  const what =
    main.length > 1
      ? `${main.length} wheels of ${library.title}`
      : `no ${library.libraries(process)?.[0]} and no wheel for it`;
  throw new GptError('setup/from', `${from} holds ${what}`, { ...(hint ? { hint } : {}) });
}

/** Copies libraries, licences and what else is kept beside them; bytes by path. */
export function copyLibraries(library: LibraryDescription, folder: string, into: string): Record<string, number> {
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
      else if (isKept(library, `${path}/${name}`)) copy(inner, `${path}/${name}`);
    }
  };
  for (const name of library.libraries(process) ?? []) copy(join(folder, name), `${library.folder}/${name}`);
  for (const name of library.companions) {
    const source = join(folder, name);
    const stat = statSync(source, { throwIfNoEntry: false });
    if (stat?.isDirectory()) walk(source, `${library.folder}/${name}`);
    else if (stat) copy(source, `${library.folder}/${name}`);
  }
  if (basename(folder) === library.folder) for (const name of library.siblings) walk(join(dirname(folder), name), name);
  return files;
}

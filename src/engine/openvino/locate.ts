// Finds OpenVINO's C library: a folder that a person names, or what `gpt-cli setup openvino` put into the cache. An installed
// Python package is not looked for, since only one release is known to work. Loads nothing.
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { GptError } from '../../errors.js';
import { currentInstall, installFolder, placesIn } from '../install/index.js';
import { openvinoLibrary } from './description.js';
import { libraryNames } from './names.js';

export interface LocatedOpenvino {
  /** The folder that holds the libraries. */
  readonly folder: string;
  readonly version?: string;
  readonly source: 'environment' | 'cache';
}

/**
 * The library that would be used; undefined where there is none. The first of: GPT_CLI_OPENVINO, the cache.
 * @throws GptError `openvino/folder` if GPT_CLI_OPENVINO names a folder that holds no library
 */
export function locateOpenvino(env: Readonly<Record<string, string | undefined>> = process.env) {
  const named = env['GPT_CLI_OPENVINO'];
  if (named) return { folder: libraryFolder(named), source: 'environment' } satisfies LocatedOpenvino;
  const install = currentInstall(installFolder(openvinoLibrary.name, env));
  if (!install) return undefined;
  const folder = join(install.folder, openvinoLibrary.folder);
  return { folder, version: install.record.version, source: 'cache' } satisfies LocatedOpenvino;
}

/** @throws GptError `openvino/missing` where there is none, `openvino/folder` */
export function requireOpenvino(): LocatedOpenvino {
  const located = locateOpenvino();
  if (located) return located;
  throw new GptError('openvino/missing', 'OpenVINO is not installed here', {
    hint: 'gpt-cli setup openvino, or --backend onnx',
  });
}

function libraryFolder(named: string): string {
  const names = libraryNames(process.platform, process.arch);
  const found = names && placesIn(openvinoLibrary, resolve(named)).find((place) => existsSync(join(place, names[0])));
  if (found) return found;
  throw new GptError('openvino/folder', `GPT_CLI_OPENVINO is ${JSON.stringify(named)}, which holds no OpenVINO`, {
    hint: names ? `it must hold ${names[0]}` : `there is no such library on ${process.platform} ${process.arch}`,
  });
}

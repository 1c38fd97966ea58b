// Where settings are kept: presets in configs/, JSON files of a person, and the config.json of a run.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { GptError, whyUnreadable } from '../errors.js';
import { parseJson } from './json.js';
import { nearest } from './nearest.js';
import { recordedSettings } from './old-runs.js';
import type { Layer } from './resolve.js';

/** The folder of the installed package. */
export function packageRoot(): string {
  return dirname(require.resolve('gpt-cli/package.json'));
}

/** The names that `--config` knows without a path. */
export function presetNames(): string[] {
  return readdirSync(join(packageRoot(), 'configs'))
    .filter((file) => file.endsWith('.json'))
    .map((file) => file.slice(0, -'.json'.length))
    .sort();
}

/**
 * A preset by name, or a JSON file by path; of a run's config.json, its settings.
 * @throws GptError config/file, config/json
 */
export function loadLayer(nameOrPath: string): Layer {
  const presets = presetNames();
  const isFile = existsSync(nameOrPath) && statSync(nameOrPath).isFile();
  const folder = join(packageRoot(), 'configs');
  if (presets.includes(nameOrPath) && !isFile)
    return { ...readLayer(join(folder, `${nameOrPath}.json`), nameOrPath), preset: true };
  if (isFile) return { ...readLayer(nameOrPath, nameOrPath), preset: dirname(resolve(nameOrPath)) === folder };
  const guess = nearest(nameOrPath, presets);
  throw new GptError('config/file', `there is no config file or preset ${JSON.stringify(nameOrPath)}`, {
    hint: guess ? `did you mean ${guess}?` : `presets: ${presets.join(', ')}`,
  });
}

function readLayer(path: string, name: string): Layer {
  let content: string;
  try {
    content = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new GptError('config/file', `cannot read ${path}: ${whyUnreadable(cause)}`, { cause });
  }
  const values = parseJson(content, name);
  if (!isObject(values)) throw new GptError('config/file', `${name} must hold one JSON object of settings`);
  const { config } = values;
  return { name, values: isObject(config) ? recordedSettings(config) : values };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

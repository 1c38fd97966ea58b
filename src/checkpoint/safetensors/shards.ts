// A model's tensors wherever they lie: in one model.safetensors, or in several that model.safetensors.index.json lists.
import { basename, join } from 'node:path';
import { GptError } from '../../errors.js';
import { readJsonObject } from '../../files/index.js';
import type { TensorEntry } from './header.js';
import { SafetensorsFile } from './read.js';

export interface TensorFiles {
  readonly entries: ReadonlyMap<string, TensorEntry>;
  read(name: string): Promise<Float32Array>;
  close(): Promise<void>;
}

export async function openSingle(path: string): Promise<TensorFiles> {
  const file = await SafetensorsFile.open(path);
  return { entries: file.header.tensors, read: (name) => file.read(name), close: () => file.close() };
}

/** @param path of model.safetensors.index.json; the shards are in the same folder */
export async function openSharded(directory: string, path: string): Promise<TensorFiles> {
  const weightMap = parseIndex(path, await readJsonObject(path, 'checkpoint/index'));
  const files = new Map<string, SafetensorsFile>();
  const close = async () => {
    await Promise.all([...files.values()].map((file) => file.close()));
  };
  try {
    for (const name of new Set(weightMap.values())) {
      files.set(name, await openShard(directory, name, path));
    }
    const entries = new Map<string, TensorEntry>();
    for (const [tensor, shard] of weightMap) entries.set(tensor, files.get(shard)!.entry(tensor));
    return { entries, read: (name) => files.get(weightMap.get(name)!)!.read(name), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function openShard(directory: string, name: string, index: string): Promise<SafetensorsFile> {
  try {
    return await SafetensorsFile.open(join(directory, name));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new GptError('checkpoint/missing', `${name} is missing; ${basename(index)} lists it`, {
      hint: `copy or download it into ${directory}`,
    });
  }
}

function parseIndex(path: string, { weight_map: map }: Record<string, unknown>): Map<string, string> {
  const wrong = (what: string) => new GptError('checkpoint/index', `${basename(path)} ${what}`, { hint: path });
  if (typeof map !== 'object' || map === null) throw wrong('has no weight_map');
  for (const [tensor, shard] of Object.entries(map)) {
    // A shard is a plain file name: an index must not point out of its folder.
    if (typeof shard !== 'string' || shard === '' || shard === '..' || /[/\\]/.test(shard)) {
      throw wrong(`has ${JSON.stringify(shard)} as the file of "${tensor}"`);
    }
  }
  return new Map(Object.entries(map));
}

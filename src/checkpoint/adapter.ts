// Low-rank adapters in PEFT's format: a small folder beside a base model. Written as PEFT writes them, and opened as a
// checkpoint whose weights are merged when they are read.
import { open, writeFile } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import type { State } from '../engine/types.js';
import { GptError } from '../errors.js';
import { exists, readJsonObject } from '../files/index.js';
import { adapterOf, type LoraConfig, loraTargets, merged } from '../model/lora.js';
import { classifierHead } from './names.js';
import { SafetensorsFile, writeSafetensors } from './safetensors/index.js';

export const adapterConfigName = 'adapter_config.json';
const tensorsName = 'adapter_model.safetensors';
const prefix = 'base_model.model.';

/** PEFT's name of an adapter's array, or of the head that is saved with it. */
function peftName(parameter: string): string {
  return parameter === classifierHead ? `${prefix}${parameter}` : `${prefix}transformer.${parameter}`;
}

export interface AdapterContent {
  readonly lora: LoraConfig;
  /** Where the base model lies, as a person would name it. */
  readonly base: string;
  readonly classifier: boolean;
  /** Its arrays with `.lora_A.`, `.lora_B.` and the head are written. */
  readonly state: Pick<State, 'specs' | 'read'>;
}

/** Whether a parameter is the adapter's own: an array of it, or the head. */
export function isAdapted(name: string): boolean {
  return /\.lora_[AB]\.weight$/.test(name) || name === classifierHead;
}

/** Writes adapter_config.json and adapter_model.safetensors into a folder that exists. */
export async function writeAdapter(folder: string, { lora, base, classifier, state }: AdapterContent): Promise<void> {
  const config = {
    peft_type: 'LORA',
    task_type: classifier ? 'SEQ_CLS' : 'CAUSAL_LM',
    base_model_name_or_path: base,
    r: lora.rank,
    lora_alpha: lora.alpha,
    lora_dropout: 0,
    target_modules: [...new Set(loraTargets.map((target) => target.split('.').at(-1)!))],
    fan_in_fan_out: true,
    bias: 'none',
    modules_to_save: classifier ? ['score'] : null,
    inference_mode: true,
  };
  await writeFile(join(folder, adapterConfigName), `${JSON.stringify(config, null, 2)}\n`);
  const own = state.specs.filter(({ name }) => isAdapted(name));
  const handle = await open(join(folder, tensorsName), 'w');
  try {
    const tensors = own.map(({ name, shape }) => {
      return { name: peftName(name), shape, read: () => state.read('parameter', name) };
    });
    await writeSafetensors(handle, tensors);
  } finally {
    await handle.close();
  }
}

/** The largest rank that an adapter may have. */
const mostRank = 65536;

/** An adapter on disk. `close` it. */
export class AdapterFile {
  private constructor(
    readonly directory: string,
    /** The base model's folder, found. */
    readonly base: string,
    readonly lora: LoraConfig,
    private readonly file: SafetensorsFile,
  ) {}

  static async isHere(directory: string): Promise<boolean> {
    const all = [adapterConfigName, tensorsName].map((name) => exists(join(directory, name)));
    return (await Promise.all(all)).every(Boolean);
  }

  /** @throws GptError `checkpoint/adapter` for a kind of adapter that is not computed, or without its base */
  static async open(directory: string): Promise<AdapterFile> {
    const path = join(directory, adapterConfigName);
    const json = await readJsonObject(path, 'checkpoint/adapter');
    const wrong = (message: string, hint?: string) =>
      new GptError('checkpoint/adapter', `${path}: ${message}`, hint === undefined ? {} : { hint });
    if (json['peft_type'] !== 'LORA')
      throw wrong(`peft_type is ${JSON.stringify(json['peft_type'])}`, 'LORA can be opened');
    for (const key of ['use_dora', 'rank_pattern', 'alpha_pattern', 'layer_replication']) {
      const value = json[key];
      const set = typeof value === 'object' && value !== null ? Object.keys(value).length > 0 : Boolean(value);
      if (set) throw wrong(`${key} is not supported`);
    }
    if ((json['bias'] ?? 'none') !== 'none')
      throw wrong(`bias is ${JSON.stringify(json['bias'])}, only "none" is supported`);
    const rank = json['r'];
    const alpha = json['lora_alpha'];
    if (!Number.isSafeInteger(rank) || (rank as number) < 1 || (rank as number) > mostRank)
      throw wrong(`r is ${JSON.stringify(rank) ?? 'missing'}, expected an integer from 1 to ${mostRank}`);
    if (typeof alpha !== 'number' || !Number.isFinite(alpha))
      throw wrong(`lora_alpha is ${JSON.stringify(alpha) ?? 'missing'}, expected a number`);
    const name = String(json['base_model_name_or_path'] ?? '');
    const base = await findBase(directory, name);
    if (base === undefined) {
      throw wrong(`its base model ${JSON.stringify(name)} is not here`, 'put the folder of the base model there');
    }
    const file = await SafetensorsFile.open(join(directory, tensorsName));
    const scaled = json['use_rslora'] === true ? alpha * Math.sqrt(rank as number) : alpha;
    const adapter = new AdapterFile(directory, base, { rank: rank as number, alpha: scaled }, file);
    const foreign = [...file.header.tensors.keys()].find((stored) => adapter.parameterOf(stored) === undefined);
    if (foreign !== undefined) {
      await file.close();
      throw wrong(`${tensorsName} has "${foreign}", which adapts nothing that is known here`);
    }
    return adapter;
  }

  /** Whether it brings a classifier's head. */
  get hasHead(): boolean {
    return this.file.has(peftName(classifierHead));
  }

  /** Rows of the head. */
  get labelCount(): number {
    return this.file.header.tensors.get(peftName(classifierHead))?.shape[0] ?? 0;
  }

  /** One of its arrays. */
  read(parameter: string): Promise<Float32Array> {
    return this.file.read(peftName(parameter));
  }

  /** The base's weight with the adapter in it; the weight itself where there is none for it. */
  async merge(parameter: string, weight: Float32Array): Promise<Float32Array> {
    const names = adapterOf(parameter);
    if (!names || !this.file.has(peftName(names.a))) return weight;
    return merged(weight, await this.read(names.a), await this.read(names.b), this.lora);
  }

  close(): Promise<void> {
    return this.file.close();
  }

  private parameterOf(stored: string): string | undefined {
    if (stored === peftName(classifierHead)) return classifierHead;
    const found = /^base_model\.model\.transformer\.(h\.\d+\..+)\.lora_[AB]\.weight$/.exec(stored);
    return found && adapterOf(`${found[1]}.weight`) ? stored.slice(`${prefix}transformer.`.length) : undefined;
  }
}

/** A base is named from where the program runs; in a run of ours it lies two folders up. */
async function findBase(directory: string, name: string): Promise<string | undefined> {
  const places = [join(directory, '..', '..', 'base'), ...(name === '' ? [] : [name])];
  if (name !== '' && !isAbsolute(name)) places.push(join(directory, name));
  for (const place of places) if (await exists(join(place, 'config.json'))) return place;
  return undefined;
}

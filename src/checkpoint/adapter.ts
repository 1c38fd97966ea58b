// Low-rank adapters in PEFT's format: a small folder beside a base model. Written as PEFT writes them, and opened as a
// checkpoint whose weights are merged when they are read.
import { open, writeFile } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import type { State } from '../engine/types.js';
import { GptError } from '../errors.js';
import { exists, readJsonObject } from '../files/index.js';
import type { ParameterSpec } from '../model/config.js';
import { adapterNames, type LoraConfig, loraSpecs, merged } from '../model/lora.js';
import { familyOf, type GptConfig, headSpec, parameterSpecs } from '../model/registry.js';
import { fromHuggingFace } from './hf-config.js';
import { SafetensorsFile, writeSafetensors } from './safetensors/index.js';

export const adapterConfigName = 'adapter_config.json';
const tensorsName = 'adapter_model.safetensors';
const prefix = 'base_model.model.';

export interface AdapterContent {
  readonly config: GptConfig;
  readonly lora: LoraConfig;
  /** Where the base model lies, as a person would name it. */
  readonly base: string;
  readonly classifier: boolean;
  /** Of its parameters, the adapters and the head are written. */
  readonly specs: readonly ParameterSpec[];
  readonly state: Pick<State, 'read'>;
}

/** Whether a parameter is kept in an adapter's folder: an array of it, or the head. */
export function inAdapter({ role }: ParameterSpec): boolean {
  return role === 'adapter' || role === 'head';
}

/** Writes adapter_config.json and adapter_model.safetensors into a folder that exists. */
export async function writeAdapter(folder: string, content: AdapterContent): Promise<void> {
  const { lora, base, classifier, specs, state } = content;
  const { huggingFace } = familyOf(content.config);
  const head = specs.find(({ role }) => role === 'head');
  const modules = specs.filter(({ adapted }) => adapted).map(({ name }) => name.split('.').at(-2)!);
  const config = {
    peft_type: 'LORA',
    task_type: classifier ? 'SEQ_CLS' : 'CAUSAL_LM',
    base_model_name_or_path: base,
    r: lora.rank,
    lora_alpha: lora.alpha,
    lora_dropout: 0,
    target_modules: [...new Set(modules)],
    fan_in_fan_out: huggingFace.fanInFanOut,
    bias: 'none',
    modules_to_save: head ? [head.name.split('.')[0]] : null,
    inference_mode: true,
  };
  await writeFile(join(folder, adapterConfigName), `${JSON.stringify(config, null, 2)}\n`);
  const own = specs.filter(inAdapter);
  const handle = await open(join(folder, tensorsName), 'w');
  try {
    const tensors = own.map(({ name, shape }) => {
      return { name: `${prefix}${huggingFace.moduleName(name)}`, shape, read: () => state.read('parameter', name) };
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
  /** What the file may have in it. */
  private readonly known: ReadonlySet<string>;

  private constructor(
    /** The base model's folder, found. */
    readonly base: string,
    readonly lora: LoraConfig,
    private readonly file: SafetensorsFile,
    private readonly config: GptConfig,
  ) {
    const adapters = loraSpecs(parameterSpecs(config), lora);
    this.known = new Set([...adapters, headSpec(config, 1)].map(({ name }) => this.stored(name)));
  }

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
    const basePath = join(base, 'config.json');
    const { config } = fromHuggingFace(await readJsonObject(basePath, 'checkpoint/config'), basePath);
    const file = await SafetensorsFile.open(join(directory, tensorsName));
    const scaled = json['use_rslora'] === true ? alpha * Math.sqrt(rank as number) : alpha;
    const adapter = new AdapterFile(base, { rank: rank as number, alpha: scaled }, file, config);
    const foreign = [...file.header.tensors.keys()].find((stored) => !adapter.known.has(stored));
    if (foreign !== undefined) {
      await file.close();
      throw wrong(`${tensorsName} has "${foreign}", which adapts nothing that is known here`);
    }
    return adapter;
  }

  /** PEFT's name of one of its arrays, or of the head. */
  private stored(parameter: string): string {
    return `${prefix}${familyOf(this.config).huggingFace.moduleName(parameter)}`;
  }

  /** Rows of the classifier's head that it brings; 0: none. */
  get labelCount(): number {
    return this.file.header.tensors.get(this.stored(headSpec(this.config, 1).name))?.shape[0] ?? 0;
  }

  /** One of its arrays. */
  read(parameter: string): Promise<Float32Array> {
    return this.file.read(this.stored(parameter));
  }

  /** The base's weight with the adapter merged; the weight itself where there is none for it. */
  async merge({ name, outputAxis }: ParameterSpec, weight: Float32Array): Promise<Float32Array> {
    const { a, b } = adapterNames(name);
    if (!this.file.has(this.stored(a))) return weight;
    return merged(weight, await this.read(a), await this.read(b), this.lora, outputAxis);
  }

  close(): Promise<void> {
    return this.file.close();
  }
}

/** A base is named from where the program runs; in a run of ours it lies two folders up. */
async function findBase(directory: string, name: string): Promise<string | undefined> {
  const places = [join(directory, '..', '..', 'base'), ...(name === '' ? [] : [name])];
  if (name !== '' && !isAbsolute(name)) places.push(join(directory, name));
  for (const place of places) if (await exists(join(place, 'config.json'))) return place;
  return undefined;
}

// Opening a checkpoint, ours or any Hugging Face folder of a known family: everything is checked before the first number is used.
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { State } from '../engine/types.js';
import { GptError } from '../errors.js';
import { exists, readJsonObject } from '../files/index.js';
import type { ParameterSpec } from '../model/config.js';
import { type GptConfig, headSpec } from '../model/registry.js';
import type { Scheme } from '../quantization/index.js';
import { loadTokenizer, type Tokenizer } from '../tokenizer/index.js';
import type { TrainingState } from '../train/index.js';
import { AdapterFile } from './adapter.js';
import { fromHuggingFace, type HuggingFaceModel } from './hf-config.js';
import { locateCheckpoint, type Preference } from './locate.js';
import { type OptimizerRecord, readSlots, unrecorded } from './optimizer.js';
import { openQuantized, quantizedFile, roundedOf, schemeOf } from './quantized.js';
import { openSharded, openSingle, type TensorFiles } from './safetensors/index.js';
import { type MatchedTensors, matchTensors } from './tensors.js';
import { parseTrainingState, type Recorded } from './training-state.js';

export interface ReadOptions {
  /** Parameters that the checkpoint may lack, such as a new head; they stay what they are. */
  readonly optional?: readonly string[];
}

export interface ReadReport {
  /** Parameters with NaN or infinity in them. They are loaded all the same: whoever asks may warn. */
  readonly nonFinite: readonly string[];
  /** Of `optional`, those that the checkpoint lacks. */
  readonly missing: readonly string[];
}

/**
 * An open checkpoint. It holds files open, so that a run that saves meanwhile cannot mix old and new. `close` it as soon as
 * its weights are read: on Windows a training run cannot replace files that are open. Closing twice does nothing.
 */
export interface Checkpoint {
  /** The checkpoint's own folder, in a run folder or not. */
  readonly directory: string;
  readonly config: GptConfig;
  /** What `read` gives: the parameters of the config, for a classifier its head too. */
  readonly specs: readonly ParameterSpec[];
  /** How its matrices are stored, where not in float32 or 16 bits; what is read of them is float32. */
  readonly scheme: Scheme | undefined;
  /** To what its float32 weights were rounded before adapters were trained on them, and merged. */
  readonly rounded: Scheme | undefined;
  /** A classifier's classes by id. */
  readonly labels: readonly string[] | undefined;
  readonly padToken: number | undefined;
  /** Where its run stands; only in a checkpoint that can be resumed from. */
  readonly training: TrainingState | undefined;
  /** What trained it; only in a checkpoint that can be resumed from. */
  readonly optimizer: OptimizerRecord | undefined;
  /** Tensors in the file that are no parameters of the model and were left alone. */
  readonly ignored: readonly string[];
  loadTokenizer(): Promise<Tokenizer>;
  /** One parameter, row-major. */
  read(name: string): Promise<Float32Array>;
  /** Fills the parameters of an engine's state, tensor by tensor. @throws GptError `checkpoint/tensor` if names or shapes differ */
  readInto(state: Pick<State, 'specs' | 'write'>, options?: ReadOptions): Promise<ReadReport>;
  /**
   * Fills the optimizer's slots of an engine's state.
   * @throws GptError `checkpoint/optimizer` when another optimizer trained it, `checkpoint/missing` when it has none
   */
  readSlots(state: Pick<State, 'specs' | 'slots' | 'optimizer' | 'write'>): Promise<void>;
  close(): Promise<void>;
}

/**
 * @param path a run folder, a checkpoint folder, or any Hugging Face folder of a known family with safetensors
 * @throws GptError `checkpoint/...`, naming the file, the key or the tensor
 */
export async function openCheckpoint(path: string, options: { prefer?: Preference } = {}): Promise<Checkpoint> {
  for (let attempt = 1; ; attempt++) {
    const directory = await locateCheckpoint(path, options.prefer);
    const before = await inode(directory);
    let checkpoint: Checkpoint | undefined;
    let failure: unknown;
    try {
      checkpoint = await openFolder(directory, () => locateCheckpoint(path, options.prefer));
    } catch (error) {
      failure = error;
    }
    // A run may have replaced the folder between two of its files: then once more.
    const replaced = before === undefined || before !== (await inode(directory));
    if (replaced && attempt < 20) {
      await checkpoint?.close();
      await new Promise((wake) => setTimeout(wake, 10 * attempt));
    } else if (checkpoint) return checkpoint;
    else throw failure;
  }
}

async function inode(directory: string): Promise<number | undefined> {
  return (await stat(directory).catch(() => undefined))?.ino;
}

async function openFolder(directory: string, relocate: () => Promise<string>): Promise<Checkpoint> {
  if (!(await exists(join(directory, 'config.json'))) && (await AdapterFile.isHere(directory)))
    return openAdapter(directory);
  const configPath = join(directory, 'config.json');
  const json = await readJson(configPath);
  const model = fromHuggingFace(json, configPath);
  const statePath = join(directory, 'training_state.json');
  const recorded = (await exists(statePath)) ? parseTrainingState(await readJson(statePath), statePath) : undefined;
  const quantized = join(directory, quantizedFile);
  const scheme = (await exists(quantized)) ? schemeOf(json, configPath) : undefined;
  const files = scheme ? await openQuantized(quantized, model, scheme) : await openModel(directory);
  try {
    const matched = await matchTensors(files, model);
    const tokenizer = () => loadTokenizer(directory).catch(async () => loadTokenizer(await relocate()));
    const own = { scheme, rounded: roundedOf(json), loadTokenizer: tokenizer };
    return { ...checkpointOf(directory, model, files, matched, recorded), ...own };
  } catch (error) {
    await files.close();
    throw error;
  }
}

/** A base model with an adapter: its weights are merged as they are read. */
async function openAdapter(directory: string): Promise<Checkpoint> {
  const adapter = await AdapterFile.open(directory);
  let base: Checkpoint;
  try {
    base = await openFolder(adapter.base, async () => adapter.base);
  } catch (error) {
    await adapter.close();
    throw error;
  }
  const head = adapter.labelCount > 0 ? headSpec(base.config, adapter.labelCount) : undefined;
  const specs = head ? [...base.specs.filter(({ role }) => role !== 'head'), head] : base.specs;
  const byName = new Map(specs.map((spec) => [spec.name, spec]));
  const read = async (name: string) =>
    name === head?.name ? adapter.read(name) : adapter.merge(byName.get(name)!, await base.read(name));
  return {
    ...base,
    directory,
    specs,
    scheme: undefined, // merged weights are float32
    labels: head ? await labelsOf(adapter) : base.labels,
    training: undefined,
    optimizer: undefined,
    loadTokenizer: () =>
      exists(join(directory, 'tokenizer.json')).then((own) => (own ? loadTokenizer(directory) : base.loadTokenizer())),
    ...reading(directory, specs, read),
    close: async () => {
      await adapter.close();
      await base.close();
    },
  };
}

/** The base's config.json names the labels; PEFT's format has no place for them. */
async function labelsOf({ base, labelCount }: AdapterFile): Promise<string[]> {
  const { id2label } = await readJson(join(base, 'config.json'));
  const names = typeof id2label === 'object' && id2label !== null ? (id2label as Record<string, unknown>) : {};
  return Array.from({ length: labelCount }, (_, id) => String(names[String(id)] ?? `LABEL_${id}`));
}

function openModel(directory: string): Promise<TensorFiles> {
  const single = join(directory, 'model.safetensors');
  const index = join(directory, 'model.safetensors.index.json');
  return exists(single).then((found) => (found ? openSingle(single) : openSharded(directory, index)));
}

function checkpointOf(
  directory: string,
  model: HuggingFaceModel,
  files: TensorFiles,
  { config, specs, stored, ignored }: MatchedTensors,
  recorded: Recorded | undefined,
): Omit<Checkpoint, 'loadTokenizer' | 'scheme' | 'rounded'> {
  const byName = new Map(specs.map((spec) => [spec.name, spec]));
  const read = (name: string) => {
    const tensor = stored.get(name);
    if (tensor === undefined || !byName.has(name)) throw new Error(`the checkpoint has no parameter "${name}"`);
    return files.read(tensor);
  };
  return {
    directory,
    config,
    specs,
    labels: model.labels,
    padToken: model.padToken,
    training: recorded?.training,
    optimizer: recorded?.optimizer,
    ignored,
    ...reading(directory, specs, read),
    readSlots: (state) => readSlots(directory, recorded?.optimizer ?? unrecorded, state),
    close: () => files.close(),
  };
}

/** Reading one parameter, and all that a state has. */
function reading(
  directory: string,
  specs: readonly ParameterSpec[],
  read: Checkpoint['read'],
): Pick<Checkpoint, 'read' | 'readInto'> {
  const byName = new Map(specs.map((spec) => [spec.name, spec]));
  return {
    read,
    readInto: async (state, { optional = [] } = {}) => {
      const nonFinite: string[] = [];
      const missing: string[] = [];
      for (const { name, shape } of state.specs) {
        const spec = byName.get(name);
        if (!spec && optional.includes(name)) {
          missing.push(name);
          continue;
        }
        if (!spec) throw differs(directory, `has no "${name}"; the model needs it as [${shape.join(', ')}]`);
        requireShape(directory, name, spec.shape, shape);
        const values = await read(name);
        if (!allFinite(values)) nonFinite.push(name);
        await state.write('parameter', name, values);
      }
      return { nonFinite, missing };
    },
  };
}

/** One multiplication a value: quicker than asking each whether it is finite. */
function allFinite(values: Float32Array): boolean {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]! * 0;
  return sum === 0;
}

function requireShape(where: string, name: string, found: readonly number[], expected: readonly number[]): void {
  if (found.join() !== expected.join()) {
    throw differs(where, `has "${name}" as [${found.join(', ')}], expected [${expected.join(', ')}]`);
  }
}

function differs(where: string, what: string): GptError {
  return new GptError('checkpoint/tensor', `${where} ${what}`, { hint: 'the checkpoint belongs to another model' });
}

const readJson = (path: string) => readJsonObject(path, 'checkpoint/config');

// Writing a checkpoint: a Hugging Face folder, and what a resumed run needs. Complete or absent at any moment.
import { open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { State } from '../engine/types.js';
import { explain, replaceFile, replaceFolder } from '../files/index.js';
import { familyOf, type GptConfig, headSpec, parameterSpecs } from '../model/registry.js';
import type { Scheme } from '../quantization/index.js';
import { type Tokenizer, tokenizerConfig } from '../tokenizer/index.js';
import type { TrainingState } from '../train/index.js';
import { modelCard } from './card.js';
import { toHuggingFace } from './hf-config.js';
import { type OptimizerRecord, optimizerFile, slotTensors } from './optimizer.js';
import { quantizedFile, quantizedTensors, roundedKeys, schemeKeys } from './quantized.js';
import { type ReadableDType, type TensorSource, writeSafetensors } from './safetensors/index.js';
import { trainingStateJson } from './training-state.js';

export interface CheckpointContent {
  readonly config: GptConfig;
  readonly tokenizer: Tokenizer;
  /** Holds `parameterSpecs(config)`, for a classifier its head too; read tensor by tensor. */
  readonly state: Pick<State, 'specs' | 'training' | 'read'>;
  /** Where the run stands, for the model card. */
  readonly training?: TrainingState;
  /** Write training_state.json and optimizer.safetensors too, so that the run can be resumed from here. */
  readonly resumable?: boolean;
  /** Names of a classifier's classes, by id. */
  readonly labels?: readonly string[];
  /** What was trained, for a checkpoint that can be resumed from. */
  readonly trained?: TrainedContent | undefined;
  /** Store matrices in 8 or 4 bits. */
  readonly scheme?: Scheme;
  /** To what its float32 weights were rounded before adapters were trained on them, and merged. */
  readonly rounded?: Scheme;
  /** More keys of tokenizer_config.json: a chat template. */
  readonly tokenizerKeys?: Readonly<Record<string, unknown>>;
  /** More keys of config.json. */
  readonly configKeys?: Readonly<Record<string, unknown>>;
  /** More keys of generation_config.json. */
  readonly generationKeys?: Readonly<Record<string, unknown>>;
  /** Number format of the weights. Default: F32. */
  readonly dtype?: ReadableDType;
  /** Writes more files into the checkpoint. */
  readonly more?: (folder: string) => Promise<void>;
}

/** The optimizer and its state. */
export interface TrainedContent {
  readonly state: Pick<State, 'specs' | 'slots' | 'read'>;
  readonly optimizer: OptimizerRecord;
}

/**
 * Writes or replaces the checkpoint `directory`. Its parent must belong to this process (see `claimRun`).
 * Takes twice the checkpoint's space for a moment.
 * @throws GptError `checkpoint/disk-full`, `checkpoint/not-writable`; what was there before stays
 */
export async function saveCheckpoint(directory: string, content: CheckpointContent): Promise<void> {
  const { state, training, labels, scheme, resumable = false } = content;
  if (resumable && (training === undefined || content.trained === undefined))
    throw new Error('a resumable checkpoint needs its training state');
  const tensors = modelTensors(content.config, state, labels?.length, scheme);

  await replaceFolder(directory, async (folder) => {
    const json = (name: string, value: unknown) => writeJson(join(folder, name), value);
    await writeTensors(join(folder, scheme ? quantizedFile : 'model.safetensors'), tensors, content.dtype);
    await writeModelFiles(folder, content);
    await writeFile(join(folder, 'README.md'), modelCard(content));
    if (resumable) {
      const { state: trained, optimizer } = content.trained!;
      await json('training_state.json', trainingStateJson(training!, optimizer));
      await writeTensors(join(folder, optimizerFile), slotTensors(trained));
    }
    await content.more?.(folder);
  });
}

/** What a checkpoint says of its model besides the weights. */
export type ModelFiles = Pick<
  CheckpointContent,
  'config' | 'tokenizer' | 'labels' | 'scheme' | 'rounded' | 'dtype' | 'tokenizerKeys' | 'configKeys' | 'generationKeys'
>;

/** Writes config.json, generation_config.json, tokenizer.json and tokenizer_config.json into a folder. */
export async function writeModelFiles(folder: string, content: ModelFiles): Promise<void> {
  const { config, tokenizer, labels, scheme, rounded, dtype = 'F32' } = content;
  const json = (name: string, value: unknown) => writeJson(join(folder, name), value);
  // A model of single characters may have no row for <|endoftext|>; transformers refuses an id beyond its rows.
  const endOfText = tokenizer.endOfText < config.vocabSize ? tokenizer.endOfText : null;
  const classifier = labels && { labels, padToken: tokenizer.endOfText };
  const own = toHuggingFace(config, { endOfText, dtype: torchNames[dtype] }, classifier);
  const weights = { ...(scheme && schemeKeys(scheme)), ...(rounded && roundedKeys(rounded)) };
  await json('config.json', { ...own, ...weights, ...content.configKeys });
  const ends = { bos_token_id: endOfText, eos_token_id: endOfText, pad_token_id: endOfText };
  await json('generation_config.json', { ...ends, ...content.generationKeys });
  await json('tokenizer.json', tokenizer.toJSON());
  const padding =
    (labels || content.configKeys?.['pad_token_id'] !== undefined) && endOfText !== null
      ? { pad_token: tokenizer.decode([endOfText], { special: true }), padding_side: 'right' }
      : {};
  const keys = { ...tokenizerConfig(tokenizer, config.blockSize), ...padding, ...content.tokenizerKeys };
  await json('tokenizer_config.json', keys);
}

/** Number formats as config.json names them. */
const torchNames = { F32: 'float32', F16: 'float16', BF16: 'bfloat16' } as const;

async function writeJson(path: string, value: unknown): Promise<void> {
  await writeFile(path, `${JSON.stringify(value, null, 2)}\n`);
}

/**
 * Replaces the training state of a checkpoint whose weights stay: an evaluation of them was made.
 * @throws GptError `checkpoint/disk-full`, `checkpoint/not-writable`
 */
export async function replaceTrainingState(directory: string, training: TrainingState): Promise<void> {
  const path = join(directory, 'training_state.json');
  const { optimizer } = JSON.parse(await readFile(path, 'utf8')) as { optimizer: OptimizerRecord };
  const json = trainingStateJson(training, optimizer);
  await replaceFile(path, `${JSON.stringify(json, null, 2)}\n`).catch((error) => {
    throw explain(error, path);
  });
}

/** The tensors of the family's format: what the model lacks is written as what transformers must compute with. */
function modelTensors(
  config: GptConfig,
  state: CheckpointContent['state'],
  labels: number | undefined,
  scheme: Scheme | undefined,
): TensorSource[] {
  const { huggingFace } = familyOf(config);
  const classifier = labels !== undefined;
  const held = new Set(state.specs.map(({ name }) => name));
  const own = [...parameterSpecs(config), ...(classifier ? [headSpec(config, labels)] : [])];
  const full = [...huggingFace.stored(config), ...(classifier ? [headSpec(config, labels)] : [])];
  const stranger = state.specs.find(({ name }) => !full.some((spec) => spec.name === name));
  if (stranger) throw new Error(`a checkpoint has no place for "${stranger.name}"`);
  const missing = own.find(({ name }) => !held.has(name));
  if (missing) throw new Error(`the state lacks "${missing.name}"`);
  return full.flatMap((spec) => {
    const { name, shape } = spec;
    const read = () => (held.has(name) ? state.read('parameter', name) : huggingFace.constant(config, spec));
    const tensor = { name: huggingFace.storedName(name, classifier), shape, read };
    return scheme ? quantizedTensors(spec, tensor, scheme) : [tensor];
  });
}

async function writeTensors(path: string, tensors: readonly TensorSource[], dtype?: ReadableDType): Promise<void> {
  const handle = await open(path, 'w');
  try {
    await writeSafetensors(handle, tensors, dtype);
  } finally {
    await handle.close();
  }
}

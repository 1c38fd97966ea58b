// What is exported: a checkpoint, its tokenizer, and what its folder says besides the weights.
import { join } from 'node:path';
import { readChatKeys } from '../chat/index.js';
import { type Checkpoint, openCheckpoint } from '../checkpoint/index.js';
import { schemeKey } from '../checkpoint/quantized.js';
import type { ModelFiles } from '../checkpoint/save.js';
import { GptError } from '../errors.js';
import { exists, readJsonObject } from '../files/index.js';
import { familyOf, parameterSpecs } from '../model/registry.js';
import type { Tokenizer } from '../tokenizer/index.js';
import { type Parameter, type Parameters, requireNumbers } from './onnx/weights.js';

export interface ExportOptions {
  /** The file or folder to write. */
  readonly out: string;
  readonly overwrite?: boolean;
  readonly signal?: AbortSignal;
}

/** Of an export. */
export interface Written {
  /** By name within the folder, or the one file. */
  readonly files: Readonly<Record<string, number>>;
}

export interface Source {
  readonly checkpoint: Checkpoint;
  readonly tokenizer: Tokenizer;
  /** With the keys of the checkpoint's own files, whatever program wrote them. */
  readonly files: ModelFiles;
}

/** Opens a checkpoint, gives it to `work`, and closes it. @throws GptError `export/quantized`, `checkpoint/...` */
export async function withSource<T>(path: string, work: (source: Source) => Promise<T>): Promise<T> {
  const checkpoint = await openCheckpoint(path);
  try {
    const tokenizer = await checkpoint.loadTokenizer();
    return await work({ checkpoint, tokenizer, files: await modelFiles(checkpoint, tokenizer) });
  } finally {
    await checkpoint.close();
  }
}

async function modelFiles(checkpoint: Checkpoint, tokenizer: Tokenizer): Promise<ModelFiles> {
  const { directory, config, labels } = checkpoint;
  const keysOf = async (name: string): Promise<Record<string, unknown>> => {
    const path = join(directory, name);
    return (await exists(path)) ? readJsonObject(path, 'checkpoint/config') : {};
  };
  const { [schemeKey]: _, ...configKeys } = await keysOf('config.json'); // the weights are read as float32
  if (configKeys['quantization_config'] !== undefined) {
    throw new GptError('export/quantized', `${directory} is quantized already`, {
      hint: 'export the checkpoint that it was made from',
    });
  }
  const { template } = await readChatKeys(directory);
  return {
    ...{ config, tokenizer, configKeys },
    ...(labels && { labels }),
    generationKeys: await keysOf('generation_config.json'),
    tokenizerKeys: {
      ...(await keysOf('tokenizer_config.json')),
      ...(template !== undefined && { chat_template: template }),
    },
  };
}

/**
 * All that the model computes with, in memory: its parameters, and tables that do not change.
 * @param halves whether they must fit into float16
 * @throws GptError `export/numbers`, `export/interrupted`
 */
export async function readParameters(
  { config, specs, read }: Checkpoint,
  { out, signal }: ExportOptions,
  halves: boolean,
): Promise<Parameters> {
  const { huggingFace } = familyOf(config);
  const parameters = new Map<string, Parameter>();
  const own = new Set(parameterSpecs(config).map(({ name }) => name));
  for (const spec of specs) {
    requireRunning(out, signal);
    const values = await read(spec.name);
    requireNumbers(spec.name, values, halves);
    parameters.set(spec.name, { spec, values });
  }
  for (const spec of huggingFace.stored(config)) {
    // A table of fixed positions, but not the zero biases that transformers wants.
    if (own.has(spec.name) || spec.shape.length < 2) continue;
    parameters.set(spec.name, { spec, values: await huggingFace.constant(config, spec) });
  }
  return parameters;
}

/** @throws GptError `export/interrupted` */
export function requireRunning(out: string, signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new GptError('export/interrupted', `interrupted: ${out} was not written`);
}

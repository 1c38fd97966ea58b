// A trained model as a smaller checkpoint: matrices in 8 or 4 bits. Knows no terminal.
import { copyFile, stat } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, sep } from 'node:path';
import { readChatKeys } from '../chat/index.js';
import { type Checkpoint, openCheckpoint, requireReplaceable, saveCheckpoint } from '../checkpoint/index.js';
import { checkOptions, type Layer, type MachineConfig, resolve } from '../config/index.js';
import { GptError } from '../errors.js';
import type { QuantizationEvent } from '../events.js';
import { exists } from '../files/index.js';
import { countParameters } from '../model/index.js';
import { type Scheme, schemeNames } from '../quantization/index.js';
import { phase } from '../session/phase.js';
import { validationLoss, validationOf } from './validation.js';

export interface QuantizeOptions {
  /** A run folder, a checkpoint folder or a Hugging Face folder. */
  readonly run: string;
  readonly to: Scheme;
  /** The checkpoint folder to write. */
  readonly out: string;
  /** Replace the folder if it is there. Default: that is an error. */
  readonly overwrite?: boolean;
  /** The machine that measures the losses. */
  readonly layers?: readonly Layer[];
  readonly signal?: AbortSignal | undefined;
}

const known: Record<keyof QuantizeOptions, boolean> = {
  ...{ run: true, to: true, out: true, overwrite: false, layers: false, signal: false },
};

/**
 * Writes the checkpoint, then yields one `quantized` event: sizes and, where the run's validation text is at hand, the losses of
 * the weights before and after.
 * @throws GptError `quantize/...`; what was in the folder before stays
 */
export async function* quantize(options: QuantizeOptions): AsyncGenerator<QuantizationEvent> {
  checkOptions('quantize', options, known);
  const { run, out, to, signal } = options;
  const machine = resolve('quantize', options.layers).values;
  if (!schemeNames.includes(to)) {
    throw new GptError('quantize/scheme', `"to" is ${JSON.stringify(to)}`, {
      hint: `one of ${schemeNames.join(', ')}`,
    });
  }
  await requireReplaceable('quantize', options);
  const checkpoint = await openCheckpoint(run);
  try {
    requireSource(checkpoint, out);
    yield* phase('quantizing', async (report) => write(checkpoint, options, report));
    const bytes = await bytesOfWeights(out);
    const losses = yield* lossesOf(checkpoint, options, machine);
    signal?.throwIfAborted();
    const parameters = countParameters(checkpoint.specs);
    const { labels } = checkpoint;
    const made = { out, weights: to, ...(labels && { labels }) };
    yield { event: 'quantized', ...made, parameters, float32Bytes: 4 * parameters, bytes, ...losses };
  } finally {
    await checkpoint.close();
  }
}

function requireSource({ directory, scheme }: Checkpoint, out: string): void {
  if (scheme) {
    throw new GptError('quantize/quantized', `${directory} is in ${scheme} already`, {
      hint: 'quantize the run that it was made from',
    });
  }
  if (contains(directory, out) || contains(out, directory)) {
    throw new GptError('quantize/exists', `${out} would replace, or lie in, the checkpoint that is read`, {
      hint: 'choose another folder',
    });
  }
}

/** Whether a path is a folder or lies in it. */
function contains(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return !isAbsolute(way) && way.split(sep)[0] !== '..';
}

async function write(
  checkpoint: Checkpoint,
  { out, to, signal }: QuantizeOptions,
  report: (done: number, total: number) => void,
): Promise<void> {
  const { config, specs, labels, directory } = checkpoint;
  const { template, tokens } = await readChatKeys(directory);
  const generation = join(directory, 'generation_config.json');
  let done = 0;
  const read = async (_slot: string, name: string) => {
    signal?.throwIfAborted();
    const values = await checkpoint.read(name);
    if (values.some((value) => !Number.isFinite(value)))
      throw new GptError('quantize/not-finite', `${name} in ${directory} holds NaN or infinity`, {
        hint: 'such weights cannot be rounded; use an earlier checkpoint',
      });
    report(++done, specs.length);
    return values;
  };
  await saveCheckpoint(out, {
    config,
    tokenizer: await checkpoint.loadTokenizer(),
    state: { specs, training: false, read },
    scheme: to,
    ...(labels && { labels }),
    tokenizerKeys: { ...tokens, ...(template !== undefined && { chat_template: template }) },
    ...(checkpoint.padToken !== undefined && { configKeys: { pad_token_id: checkpoint.padToken } }),
    more: async (folder) => {
      if (await exists(generation)) await copyFile(generation, join(folder, 'generation_config.json'));
    },
  });
}

async function bytesOfWeights(folder: string): Promise<number> {
  return (await stat(join(folder, 'quantized.safetensors'))).size;
}

/** Nothing where the run has no validation text. */
async function* lossesOf(
  checkpoint: Checkpoint,
  { out, signal }: QuantizeOptions,
  machine: MachineConfig,
): AsyncGenerator<QuantizationEvent, { loss: number; float32Loss: number; tokens: number } | undefined> {
  const corpus = await validationOf(dirname(checkpoint.directory), checkpoint);
  if (!corpus) return undefined;
  try {
    const before = yield* validationLoss(checkpoint, corpus.validation, machine, signal);
    const stored = await openCheckpoint(out);
    try {
      const after = yield* validationLoss(stored, corpus.validation, machine, signal);
      return { loss: after.loss, float32Loss: before.loss, tokens: before.tokens };
    } finally {
      await stored.close();
    }
  } finally {
    corpus.close();
  }
}

// A trained model on an engine, ready to be run: the way from a checkpoint to a session that does not train.
import type { Checkpoint } from '../checkpoint/index.js';
import type { InferenceConfig } from '../config/index.js';
import { canQuantize } from '../engine/names.js';
import { GptError } from '../errors.js';
import type { NoticeEvent } from '../events.js';
import type { Scheme } from '../quantization/index.js';
import type { Tokenizer } from '../tokenizer/index.js';
import { requireMachine, Session } from './session.js';

export interface OpenModelOptions {
  /** Of the classification head, where it is used. */
  readonly labels?: readonly string[] | undefined;
  /** Leave the checkpoint open: it is read again. */
  readonly keepOpen?: boolean;
}

/**
 * Loads the weights and closes the checkpoint: a training run may replace it from then on.
 * @throws GptError `engine/...`, `checkpoint/...`
 */
export async function* openModel(
  checkpoint: Checkpoint,
  tokenizer: Tokenizer,
  machine: InferenceConfig,
  { labels, keepOpen = false }: OpenModelOptions = {},
): AsyncGenerator<NoticeEvent, Session> {
  const quantize = schemeFor(machine, checkpoint.scheme);
  const session = await Session.open(machine, checkpoint.config, tokenizer, { training: false, labels, quantize });
  let loaded = false;
  try {
    yield* session.fill(checkpoint, { seed: machine.seed, resuming: false });
    if (!keepOpen) await checkpoint.close();
    loaded = true;
    return session;
  } finally {
    if (!loaded) await session.close();
  }
}

/**
 * Before long work that comes before `openModel`: whether the engine is there and can do what is asked of it.
 * @throws GptError `engine/...`, `openvino/...`, `tensorflow/...`
 */
export async function requireModelMachine({ scheme }: Checkpoint, machine: InferenceConfig): Promise<void> {
  schemeFor(machine, scheme);
  await requireMachine(machine);
}

/**
 * What is asked for, else as the checkpoint is stored, which engines without such products compute in float32.
 * @throws GptError `engine/quantize` for what the engine cannot do
 */
function schemeFor({ quantize, backend, device }: InferenceConfig, stored: Scheme | undefined): Scheme | undefined {
  if (quantize === 'none') return undefined;
  const able = canQuantize(backend, device);
  if (quantize === 'auto') return able ? stored : undefined;
  if (able) return quantize;
  const engine = `the ${backend === 'auto' ? 'onnx' : backend} engine`;
  const where = device === 'auto' || device === 'cpu' ? engine : `${engine} on ${device}`;
  throw new GptError('engine/quantize', `${where} has no products with ${quantize} weights`, {
    hint: '--backend onnx or openvino, on the cpu; or without --quantize',
  });
}

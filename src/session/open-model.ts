// A trained model on an engine, ready to be run: the way from a checkpoint to a session that does not train.
import type { Checkpoint } from '../checkpoint/index.js';
import type { InferenceConfig } from '../config/index.js';
import type { NoticeEvent } from '../events.js';
import type { Tokenizer } from '../tokenizer/index.js';
import { schemeFor } from './scheme.js';
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

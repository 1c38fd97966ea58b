// A trained model on an engine, ready to be run: the way from a checkpoint to a session that does not train.
import type { Checkpoint } from '../checkpoint/index.js';
import type { MachineConfig } from '../config/index.js';
import type { NoticeEvent } from '../events.js';
import type { Tokenizer } from '../tokenizer/index.js';
import { Session } from './session.js';

/**
 * Loads the weights and closes the checkpoint: a training run may replace it from then on.
 * @param labels of the classification head, where it is used
 * @throws GptError `engine/...`, `checkpoint/...`
 */
export async function* openModel(
  checkpoint: Checkpoint,
  tokenizer: Tokenizer,
  machine: MachineConfig,
  labels?: readonly string[],
): AsyncGenerator<NoticeEvent, Session> {
  const session = await Session.open(machine, checkpoint.config, tokenizer, { training: false, labels });
  let loaded = false;
  try {
    yield* session.fill(checkpoint, { seed: machine.seed, resuming: false });
    await checkpoint.close();
    loaded = true;
    return session;
  } finally {
    if (!loaded) await session.close();
  }
}

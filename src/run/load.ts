// A trained model for programs: open it, write with it, close it.
import { openCheckpoint } from '../checkpoint/index.js';
import { type MachineConfig, resolve } from '../config/index.js';
import type { GptConfig } from '../model/config.js';
import type { Generated, GeneratedPiece } from '../sample/index.js';
import type { Tokenizer } from '../tokenizer/index.js';
import type { CompletionOptions } from './session/completion.js';
import { Session } from './session/session.js';
import type { TextModel } from './session/text-model.js';

/** A model with its tokenizer on an engine. Close it when done. */
export interface LoadedModel {
  readonly config: GptConfig;
  readonly tokenizer: Tokenizer;
  /** The whole continuation of a prompt. */
  complete(prompt: string, options: CompletionOptions): Promise<Generated>;
  /** @internal */
  readonly text: TextModel;
  close(): Promise<void>;
}

/**
 * Opens a run folder, a checkpoint folder or any Hugging Face GPT-2 folder.
 * @param machine which engine, device and how many threads; the defaults of the command line
 * @throws GptError `checkpoint/...`, `engine/...`
 */
export async function loadCheckpoint(path: string, machine: Partial<MachineConfig> = {}): Promise<LoadedModel> {
  const settings = resolve('eval', [{ name: 'options', values: machine }]).values;
  const checkpoint = await openCheckpoint(path);
  try {
    const tokenizer = await checkpoint.loadTokenizer();
    const session = await Session.open(settings, checkpoint.config, tokenizer, { training: false });
    const filling = session.fill(checkpoint, { seed: settings.seed, resuming: false });
    while (!(await filling.next()).done);
    const text = session.textModel();
    return {
      config: checkpoint.config,
      tokenizer,
      text,
      complete: (prompt, options) => text.complete(prompt, options),
      close: () => session.close(),
    };
  } finally {
    await checkpoint.close();
  }
}

/** Writes on from a prompt: pieces of text as they become complete, at the end the whole. */
export function generate(
  model: LoadedModel,
  prompt: string,
  options: CompletionOptions,
): AsyncGenerator<GeneratedPiece | Generated> {
  return model.text.generate(model.text.prompt(prompt), options);
}

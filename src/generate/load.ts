// A trained model for programs: open it, write with it, close it.
import { openCheckpoint } from '../checkpoint/index.js';
import { type InferenceConfig, resolve } from '../config/index.js';
import { GptError } from '../errors.js';
import type { GptConfig } from '../model/gpt-config.js';
import type { Generated, GeneratedPiece } from '../sample/index.js';
import { openModel } from '../session/open-model.js';
import type { Tokenizer } from '../tokenizer/index.js';
import type { CompletionOptions } from './completion.js';
import { type TextModel, textModelOf } from './text-model.js';

/** A model with its tokenizer on an engine. Close it when done. */
export interface LoadedModel {
  readonly config: GptConfig;
  readonly tokenizer: Tokenizer;
  /** The whole continuation of a prompt. */
  complete(prompt: string, options?: CompletionOptions): Promise<Generated>;
  /** @internal */
  readonly text: TextModel;
  /** Closing twice does nothing; whatever else is asked of a closed model is a GptError `model/closed`. */
  close(): Promise<void>;
}

/**
 * Opens a run folder, a checkpoint folder or any Hugging Face folder.
 * @param machine which engine, device, how many threads, bits of the weights; the defaults of the command line
 * @throws GptError `checkpoint/...`, `engine/...`
 */
export async function loadCheckpoint(path: string, machine: Partial<InferenceConfig> = {}): Promise<LoadedModel> {
  const settings = resolve('eval', [{ name: 'options', values: machine }]).values;
  const checkpoint = await openCheckpoint(path);
  try {
    const tokenizer = await checkpoint.loadTokenizer();
    const session = await resultOf(openModel(checkpoint, tokenizer, settings));
    const model = textModelOf(session);
    let closed: Promise<void> | undefined;
    const open = () => {
      if (!closed) return model;
      throw new GptError('model/closed', `the model of ${path} is closed`, { hint: 'loadCheckpoint opens it again' });
    };
    return {
      config: checkpoint.config,
      tokenizer,
      get text() {
        return open();
      },
      complete: async (prompt, options) => open().complete(requireText(prompt), options),
      close: () => {
        closed ??= model.batch.idle().then(() => session.close());
        return closed;
      },
    };
  } finally {
    await checkpoint.close();
  }
}

/**
 * Continues a prompt: pieces of text as they become complete, at the end the whole.
 * @param options those of `gpt-cli sample`, in camelCase, with its checks and defaults
 * @throws GptError `config/...` for a wrong option, `model/closed`
 */
export async function* generate(
  model: LoadedModel,
  prompt: string,
  options: CompletionOptions = {},
): AsyncGenerator<GeneratedPiece | Generated> {
  const { text } = model;
  yield* text.generate(text.prompt(requireText(prompt)), options);
}

/** What a generator returns; its events are dropped. */
async function resultOf<T>(work: AsyncGenerator<unknown, T>): Promise<T> {
  for (;;) {
    const { done, value } = await work.next();
    if (done) return value;
  }
}

function requireText(prompt: unknown): string {
  if (typeof prompt === 'string') return prompt;
  throw new GptError('config/options', `the prompt must be a string, got ${JSON.stringify(prompt)}`);
}

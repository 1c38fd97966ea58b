// A model that answers conversations: weights on an engine, chat template, and the tokens that end an answer. Knows no
// terminal and no network.
import { join } from 'node:path';
import { type ChatTemplate, chatTemplateOf, readChatKeys } from '../chat/index.js';
import { openCheckpoint } from '../checkpoint/index.js';
import type { InferenceConfig } from '../config/index.js';
import { GptError } from '../errors.js';
import type { NoticeEvent } from '../events.js';
import { exists, readJsonObject } from '../files/index.js';
import { type TextModel, textModelOf } from '../generate/text-model.js';
import type { GptConfig } from '../model/gpt-config.js';
import { openModel } from '../session/open-model.js';
import type { Tokenizer } from '../tokenizer/index.js';

/** Close it when done. */
export interface Assistant {
  readonly config: GptConfig;
  readonly tokenizer: Tokenizer;
  readonly template: ChatTemplate;
  /** Whether the template is the model's own, not the default one. */
  readonly ownTemplate: boolean;
  readonly text: TextModel;
  /** Tokens that end an answer, besides the end of text. */
  readonly ends: ReadonlySet<number>;
  close(): Promise<void>;
}

/**
 * @param run a run folder, a checkpoint folder or a Hugging Face folder
 * @throws GptError `checkpoint/...`, `engine/...`, `chat/template`; `chat/classifier` for a model that labels
 */
export async function* openAssistant(run: string, machine: InferenceConfig): AsyncGenerator<NoticeEvent, Assistant> {
  const checkpoint = await openCheckpoint(run);
  try {
    const { config, directory, labels } = checkpoint;
    if (labels) {
      throw new GptError('chat/classifier', `${run} is a classifier: it labels texts and writes none`, {
        hint: `gpt-cli classify ${run}`,
      });
    }
    const tokenizer = await checkpoint.loadTokenizer();
    const template = await chatTemplateOf(directory, tokenizer);
    const ownTemplate = (await readChatKeys(directory)).template !== undefined;
    const ends = await endsOf(directory);
    const session = yield* openModel(checkpoint, tokenizer, machine);
    const text = textModelOf(session);
    return { config, tokenizer, template, ownTemplate, text, ends, close: () => session.close() };
  } finally {
    await checkpoint.close();
  }
}

/** `eos_token_id` of generation_config.json, one or several. */
async function endsOf(directory: string): Promise<ReadonlySet<number>> {
  const path = join(directory, 'generation_config.json');
  if (!(await exists(path))) return new Set();
  const { eos_token_id: ends } = await readJsonObject(path, 'checkpoint/config');
  return new Set([ends].flat().filter((id) => typeof id === 'number'));
}

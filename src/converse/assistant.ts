// A model that answers conversations: weights on an engine, chat template, and the tokens that end an answer. Knows no
// terminal and no network.
import { type ChatTemplate, chatTemplateOf, endsOf, readChatKeys } from '../chat/index.js';
import { openCheckpoint } from '../checkpoint/index.js';
import type { InferenceConfig } from '../config/index.js';
import { GptError } from '../errors.js';
import type { NoticeEvent } from '../events.js';
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
 * @param maxTexts answers that are written at the same time
 * @throws GptError `checkpoint/...`, `engine/...`, `chat/template`; `chat/classifier` for a model that labels
 */
export async function* openAssistant(
  run: string,
  machine: InferenceConfig,
  { maxTexts = 1 }: { readonly maxTexts?: number } = {},
): AsyncGenerator<NoticeEvent, Assistant> {
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
    const text = textModelOf(session, { maxTexts });
    const close = async () => {
      await text.batch.idle();
      await session.close();
    };
    return { config, tokenizer, template, ownTemplate, text, ends, close };
  } finally {
    await checkpoint.close();
  }
}

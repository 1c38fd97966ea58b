// What is served: a language model that writes, or a classifier that labels. Knows no network.
import { openCheckpoint } from '../checkpoint/index.js';
import { type Layer, type ServeConfig, samplingOf } from '../config/index.js';
import { type Assistant, openAssistant } from '../converse/index.js';
import { encodeClassification } from '../dataset/index.js';
import { GptError } from '../errors.js';
import type { NoticeEvent } from '../events.js';
import type { CompletionOptions } from '../generate/completion.js';
import { scoresChoices } from '../model/index.js';
import { PromptMemory } from '../sample/index.js';
import { ClassifierModel } from '../scoring/classifier-model.js';
import { classificationTokens } from '../scoring/encode.js';
import { openModel } from '../session/open-model.js';

export interface Labelled {
  readonly label: string;
  /** Probabilities by label. */
  readonly scores: Readonly<Record<string, number>>;
  readonly tokens: number;
}

export interface Writer {
  readonly kind: 'writer';
  readonly assistant: Assistant;
  /** What requests leave open. */
  readonly defaults: CompletionOptions;
  /** What the last conversation left in the cache. */
  readonly memory: PromptMemory;
  close(): Promise<void>;
}

export interface Labeller {
  readonly kind: 'labeller';
  readonly labels: readonly string[];
  label(texts: readonly string[], signal: AbortSignal): Promise<readonly Labelled[]>;
  close(): Promise<void>;
}

export type Served = Writer | Labeller;

/** @throws GptError of what cannot be opened; `serve/choices` for a model of multiple choice */
export async function* openServed(
  run: string,
  config: ServeConfig & { readonly layers?: readonly Layer[] },
): AsyncGenerator<NoticeEvent, Served> {
  const checkpoint = await openCheckpoint(run);
  try {
    const { labels, config: model } = checkpoint;
    if (!labels) {
      await checkpoint.close();
      const assistant = yield* openAssistant(run, config, { maxTexts: config.maxBatch });
      const { seed: _, ...defaults } = samplingOf(config);
      return { kind: 'writer', assistant, defaults, memory: new PromptMemory(), close: () => assistant.close() };
    }
    if (scoresChoices(labels)) {
      throw new GptError('serve/choices', `${run} chooses between answers; there is no interface for that`, {
        hint: `gpt-cli classify ${run} --input questions.csv`,
      });
    }
    const tokenizer = await checkpoint.loadTokenizer();
    const session = yield* openModel(checkpoint, tokenizer, config, { labels });
    const classifier = new ClassifierModel(session.classifier!, (step) => session.compile(step), 1);
    const tokens = classificationTokens(tokenizer);
    return {
      kind: 'labeller',
      labels,
      label: async (texts, signal) => {
        const encoded = texts.map((text) =>
          encodeClassification({ kind: 'classify', place: '', text }, tokenizer, model.blockSize, labels, tokens),
        );
        const predictions = await classifier.predict(encoded, { signal });
        signal.throwIfAborted();
        const { count, probabilities, labels: best } = predictions!;
        return texts.map((_text, row) => {
          const own = probabilities.subarray(row * count, (row + 1) * count);
          const scores = Object.fromEntries(labels.map((label, id) => [label, own[id]!]));
          return { label: labels[best[row]!]!, scores, tokens: encoded[row]!.ids.length };
        });
      },
      close: () => session.close(),
    };
  } finally {
    await checkpoint.close();
  }
}

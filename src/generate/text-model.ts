// Text generation with a model: prompts to ids, ids to text; texts that are written at the same time are one batch.
import { resolveSampling, type SamplingConfig } from '../config/index.js';
import type { Program, StepFunction } from '../engine/index.js';
import type { Gpt } from '../model/index.js';
import {
  Batch,
  beamSearch,
  beginningOf,
  type Drawable,
  filtersOf,
  type Generated,
  type GeneratedPiece,
  type GenerateOptions,
  generate,
  type Hypothesis,
  type PromptMemory,
  pickOf,
} from '../sample/index.js';
import type { Session } from '../session/session.js';
import type { Tokenizer } from '../tokenizer/index.js';
import type { CompletionOptions } from './completion.js';
import { readLogitBias } from './logit-bias.js';
import { Passes, type PassOptions } from './passes.js';

/** A prompt as the model reads it. */
export interface Prompt {
  /** At least one; each has a row in the model. */
  readonly ids: readonly number[];
  /** Characters that the training text did not contain, each once. */
  readonly unknown: string;
}

/** What a text shares with others, and who watches it. */
export interface GenerationContext extends Pick<GenerateOptions, 'ends' | 'observe'> {
  /** What earlier texts left in the cache; of a prompt that begins like them only the rest is read. */
  readonly memory?: PromptMemory | undefined;
}

/** Texts that are decoded together, where nobody says how many. */
const defaultTexts = 16;

export class TextModel {
  readonly passes: Passes;
  readonly batch: Batch;

  /** @param compile gives the model's programs; who closes the session disposes them */
  constructor(
    private readonly gpt: Gpt,
    private readonly tokenizer: Tokenizer,
    compile: (step: StepFunction) => Promise<Program>,
    { caching = true, maxTexts = defaultTexts, fewestRows = 1 }: Partial<PassOptions> = {},
  ) {
    this.passes = new Passes(gpt, compile, { caching, maxTexts, fewestRows });
    this.batch = new Batch(this.passes, maxTexts);
  }

  /** Ids of a text. Ids that the model has no row for are skipped. */
  prompt(text: string): Prompt {
    const { vocabSize } = this.gpt.config;
    const all = [...this.tokenizer.encode(text)];
    const ids = all.filter((id) => id < vocabSize);
    const unknown =
      ids.length < all.length || ids.includes(this.tokenizer.unknown!) ? this.unknownCharacters(text) : '';
    return { ids: ids.length > 0 ? ids : [beginningOf(this.tokenizer, vocabSize)], unknown };
  }

  private unknownCharacters(text: string): string {
    const { vocabSize } = this.gpt.config;
    const unknown = (id: number) => id === this.tokenizer.unknown || id >= vocabSize;
    return [...new Set(text)].filter((character) => this.tokenizer.encode(character).some(unknown)).join('');
  }

  /**
   * Continues a prompt, piece by piece; the last event is the whole. The same options give the same text.
   * @throws GptError `config/...` for options that `gpt-cli sample` would refuse
   */
  async *generate(
    prompt: Pick<Prompt, 'ids'>,
    options: CompletionOptions = {},
    { memory, ends, observe }: GenerationContext = {},
  ): AsyncGenerator<GeneratedPiece | Generated> {
    const { tokenizer } = this;
    const { blockSize, vocabSize } = this.gpt.config;
    const { settings, index, signal } = resolveSampling(options);
    const { maxNewTokens, stop } = settings;
    const drawable = this.drawable(settings.logitBias);
    const decoder = this.batch.open(prompt.ids.length + maxNewTokens, memory);
    const how = {
      decoder,
      prompt: prompt.ids,
      blockSize,
      maxNewTokens,
      pick: pickOf(settings, index, drawable),
      text: tokenizer.decoder(),
      stop,
      endOfText: tokenizer.endOfText < vocabSize ? tokenizer.endOfText : null,
      ...(signal && { signal }),
      ends,
      observe,
    };
    try {
      yield* generate(how);
    } finally {
      decoder.close();
    }
  }

  /**
   * The likeliest continuations of a prompt by beam search, best first.
   * @param settings those of `gpt-cli sample`
   */
  async beams(
    prompt: Pick<Prompt, 'ids'>,
    settings: SamplingConfig,
    { ends = [], signal }: { readonly ends?: Iterable<number>; readonly signal?: AbortSignal | undefined } = {},
  ): Promise<readonly (Hypothesis & { readonly text: string })[]> {
    const { tokenizer } = this;
    const { blockSize, vocabSize } = this.gpt.config;
    const { maxNewTokens, beams, lengthPenalty } = settings;
    const found = await beamSearch({
      decoder: this.batch.open(prompt.ids.length + maxNewTokens),
      prompt: prompt.ids.slice(-blockSize),
      beams,
      maxNewTokens,
      lengthPenalty,
      filters: filtersOf(settings, this.drawable(settings.logitBias), false),
      ends: new Set([...ends, tokenizer.endOfText].filter((id) => id < vocabSize)),
      signal,
    });
    return found.map((each) => ({ ...each, text: tokenizer.decode([...each.tokens]) }));
  }

  private drawable(logitBias: readonly string[]): Drawable {
    const { tokenizer } = this;
    const { vocabSize } = this.gpt.config;
    const biases = readLogitBias(logitBias, tokenizer, vocabSize);
    return { vocabSize: Math.min(vocabSize, tokenizer.vocabSize), unknown: tokenizer.unknown, biases };
  }

  /** The whole continuation of a text. */
  async complete(text: string, options: CompletionOptions = {}): Promise<Generated> {
    let end: Generated | undefined;
    for await (const event of this.generate(this.prompt(text), options)) if (event.kind === 'end') end = event;
    return end!;
  }
}

/**
 * The model of a session for text generation. Keys and values are kept on the host only for the CPU. OpenVINO computes one row in
 * another order than several (docs/log.md), so that a text would depend on its batch: it gets two.
 */
export function textModelOf(
  session: Session,
  options: Pick<PassOptions, 'maxTexts'> | undefined = undefined,
): TextModel {
  const { gpt, tokenizer, engine } = session;
  const fewestRows = engine.name === 'openvino' ? 2 : 1;
  const how = { caching: engine.device === 'cpu', fewestRows, ...options };
  return new TextModel(gpt, tokenizer, (step) => session.compile(step), how);
}

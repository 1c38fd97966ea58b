// Text generation with a model: prompts to ids, one compiled program per length, ids to text.
import { resolveSampling } from '../config/index.js';
import type { Feeds, Program, StepFunction } from '../engine/index.js';
import {
  cacheShapeOf,
  decodeStep,
  extendStep,
  type Gpt,
  keysName,
  logitsStep,
  prefillStep,
  valuesName,
} from '../model/index.js';
import {
  beginningOf,
  type CachedModel,
  cachedDecoder,
  type Decoder,
  type Generated,
  type GeneratedPiece,
  type GenerateOptions,
  generate,
  type KeyValueCache,
  type PromptMemory,
  pickOf,
  windowDecoder,
} from '../sample/index.js';
import type { Session } from '../session/session.js';
import type { Tokenizer } from '../tokenizer/index.js';
import type { CompletionOptions } from './completion.js';

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

/** Lengths are rounded up to one of a few, so that a text costs few compilations. */
const shortest = 16;

export interface TextModelOptions {
  /**
   * Whether keys and values are kept on the host from token to token. Without: each token costs a pass over the whole
   * window, which on a device costs less than sending them there.
   */
  readonly caching: boolean;
}

export class TextModel {
  private readonly programs = new Map<string, Promise<Program>>();

  /** @param compile gives the model's programs; who closes the session disposes them */
  constructor(
    private readonly gpt: Gpt,
    private readonly tokenizer: Tokenizer,
    private readonly compile: (step: StepFunction) => Promise<Program>,
    private readonly options: TextModelOptions = { caching: true },
  ) {}

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
    yield* generate({
      decoder: this.decoder(prompt.ids.length + maxNewTokens, memory),
      prompt: prompt.ids,
      blockSize,
      maxNewTokens,
      pick: pickOf(settings, index, Math.min(vocabSize, tokenizer.vocabSize), tokenizer.unknown),
      text: tokenizer.decoder(),
      stop,
      endOfText: tokenizer.endOfText < vocabSize ? tokenizer.endOfText : null,
      ...(signal && { signal }),
      ends,
      observe,
    });
  }

  /** The whole continuation of a text. */
  async complete(text: string, options: CompletionOptions = {}): Promise<Generated> {
    let end: Generated | undefined;
    for await (const event of this.generate(this.prompt(text), options)) if (event.kind === 'end') end = event;
    return end!;
  }

  /**
   * Reads a text from its beginning.
   * @param length the most ids that it will have
   */
  private decoder(length: number, memory: PromptMemory | undefined): Decoder {
    const { blockSize } = this.gpt.config;
    const full = windowDecoder((window) => this.logitsAfter(window), blockSize);
    if (!this.options.caching) return full;
    const { nLayer: layers } = this.gpt.config;
    const shape = { layers, ...cacheShapeOf(this.gpt.config), room: this.bucket(length) };
    return cachedDecoder(this.cached, shape, full, memory);
  }

  private readonly cached: CachedModel = {
    prefill: async (ids, cache) => {
      const time = this.bucket(ids.length);
      const program = await this.program(prefillStep(this.gpt, { batchSize: 1, time }));
      const { logits, present } = await program.run(padded(ids, time));
      cache.append(present as Float32Array, time, ids.length);
      return logits as Float32Array;
    },
    extend: async (ids, cache) => {
      const { blockSize } = this.gpt.config;
      const time = this.bucket(ids.length);
      const program = await this.program(extendStep(this.gpt, { batchSize: 1, time, room: cache.shape.room }));
      const positions = Int32Array.from({ length: time }, (_, i) => Math.min(cache.length + i, blockSize - 1));
      const { logits, present } = await program.run({ ...padded(ids, time), positions, ...keptFeeds(cache) });
      cache.append(present as Float32Array, time, ids.length);
      return logits as Float32Array;
    },
    decode: async (id, cache) => {
      const program = await this.program(decodeStep(this.gpt, { batchSize: 1, room: cache.shape.room }));
      const { logits, present } = await program.run({ ids: Int32Array.of(id), ...keptFeeds(cache) });
      cache.append(present as Float32Array, 1, 1);
      return logits as Float32Array;
    },
  };

  /** The logits [V] of the token after a window of up to block size ids. */
  async logitsAfter(window: readonly number[]): Promise<Float32Array> {
    const time = this.bucket(window.length);
    const program = await this.program(logitsStep(this.gpt, { batchSize: 1, time }));
    const { logits } = await program.run(padded(window, time));
    return logits as Float32Array;
  }

  private bucket(length: number): number {
    let time = shortest;
    while (time < length) time *= 2;
    return Math.min(time, this.gpt.config.blockSize);
  }

  private program(step: StepFunction): Promise<Program> {
    let program = this.programs.get(step.name);
    if (program === undefined) {
      program = this.compile(step);
      this.programs.set(step.name, program);
    }
    return program;
  }
}

/** What is kept, as inputs of a pass. */
function keptFeeds(cache: KeyValueCache): Feeds {
  const feeds: Record<string, Feeds[string]> = { lengths: Int32Array.of(cache.length) };
  cache.keys.forEach((keys, block) => {
    feeds[keysName(block)] = keys;
    feeds[valuesName(block)] = cache.values[block]!;
  });
  return feeds;
}

/** Inputs of a pass over one text that is padded on its right. */
function padded(window: readonly number[], time: number): Feeds {
  const ids = new Int32Array(time);
  ids.set(window);
  return { ids, last: Int32Array.of(window.length - 1) };
}

/** The model of a session for text generation. Keys and values are cached on the host only for the CPU. */
export function textModelOf(session: Session): TextModel {
  const { gpt, tokenizer, engine } = session;
  return new TextModel(gpt, tokenizer, (step) => session.compile(step), { caching: engine.device === 'cpu' });
}

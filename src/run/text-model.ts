// A model as something that continues a text: prompts to ids, one compiled program a window length, ids to text.
import type { Program, StepFunction } from '../engine/index.js';
import { type Gpt, logitsStep } from '../model/index.js';
import {
  type Generated,
  type GeneratedPiece,
  generate,
  pickOf,
  type SamplingOptions,
  windowDecoder,
} from '../sample/index.js';
import type { Tokenizer } from '../tokenizer/index.js';
import type { CompletionOptions } from './completion.js';

/** A prompt as the model reads it. */
export interface Prompt {
  /** At least one; each has a row in the model. */
  readonly ids: readonly number[];
  /** Characters that the model never met and therefore does not read. */
  readonly unknown: string;
}

const defaults: SamplingOptions = {
  temperature: 0.8,
  topK: 0,
  topP: 1,
  minP: 0,
  repetitionPenalty: 1,
  greedy: false,
  seed: 1337,
};

/** Windows are padded to one of a few lengths, so that a text costs few compilations. */
const shortestWindow = 16;

export class TextModel {
  private readonly programs = new Map<number, Promise<Program>>();

  /** @param compile gives the model's programs; who closes the session disposes them */
  constructor(
    private readonly gpt: Gpt,
    private readonly tokenizer: Tokenizer,
    private readonly compile: (step: StepFunction) => Promise<Program>,
  ) {}

  /** The token that texts begin with: <|endoftext|> where the model knows it, else a new line, else the first one. */
  private get beginning(): number {
    const { endOfText } = this.tokenizer;
    const { vocabSize } = this.gpt.config;
    if (endOfText < vocabSize) return endOfText;
    const [newline] = this.tokenizer.encode('\n');
    return newline !== undefined && newline < vocabSize ? newline : 0;
  }

  /** Ids of a text. What the model has no row for is left out and told. */
  prompt(text: string): Prompt {
    const { vocabSize } = this.gpt.config;
    const all = [...this.tokenizer.encode(text)];
    const ids = all.filter((id) => id < vocabSize);
    const unknown = this.tokenizer.decode(all.filter((id) => id >= vocabSize));
    return { ids: ids.length > 0 ? ids : [this.beginning], unknown };
  }

  /** Writes on from a prompt, piece by piece; the last event is the whole. The same options give the same text. */
  async *generate(prompt: Prompt, options: CompletionOptions): AsyncGenerator<GeneratedPiece | Generated> {
    const { tokenizer } = this;
    const { blockSize, vocabSize } = this.gpt.config;
    const { index = 0, maxNewTokens, stop = [], signal, ...sampling } = options;
    yield* generate({
      decoder: windowDecoder((window) => this.logitsAfter(window), blockSize),
      prompt: prompt.ids,
      blockSize,
      maxNewTokens,
      pick: pickOf({ ...defaults, ...sampling }, index, Math.min(vocabSize, tokenizer.vocabSize)),
      text: tokenizer.decoder(),
      stop,
      endOfText: tokenizer.endOfText < vocabSize ? tokenizer.endOfText : null,
      ...(signal && { signal }),
    });
  }

  /** The whole continuation of a text. */
  async complete(text: string, options: CompletionOptions): Promise<Generated> {
    let end: Generated | undefined;
    for await (const event of this.generate(this.prompt(text), options)) if (event.kind === 'end') end = event;
    return end!;
  }

  /** The logits [V] of what follows a window of ids. */
  async logitsAfter(window: readonly number[]): Promise<Float32Array> {
    const time = this.bucket(window.length);
    const ids = new Int32Array(time);
    ids.set(window);
    const program = await this.program(time);
    const { logits } = await program.run({ ids, last: Int32Array.of(window.length - 1) });
    return logits as Float32Array;
  }

  private bucket(length: number): number {
    let time = shortestWindow;
    while (time < length) time *= 2;
    return Math.min(time, this.gpt.config.blockSize);
  }

  private program(time: number): Promise<Program> {
    let program = this.programs.get(time);
    if (program === undefined) {
      program = this.compile(logitsStep(this.gpt, { batchSize: 1, time }));
      this.programs.set(time, program);
    }
    return program;
  }
}

// One text of `sample`: drawn, or the best of a beam search. Knows no run folder and no terminal.
import { type SamplingConfig, samplingOf } from '../config/index.js';
import { GptError } from '../errors.js';
import type { NoticeEvent, PhaseEvent, PieceEvent, SampleEvent, TokenLogprobs } from '../events.js';
import type { CheckOptions, MemorizationCheck } from '../memorization/check.js';
import { logprobOf, type TokenLogprob } from '../sample/index.js';
import type { Tokenizer } from '../tokenizer/index.js';
import type { TextModel } from './text-model.js';

export interface TextJob {
  readonly ids: readonly number[];
  /** As it was given, for events. */
  readonly prompt: string;
  /** The number of its random stream, and of its events. */
  readonly index: number;
  readonly ends?: ReadonlySet<number> | undefined;
}

export interface WritingOptions {
  /** What compares the texts with the training text. */
  readonly check?: MemorizationCheck | undefined;
  readonly signal?: AbortSignal | undefined;
}

export class SampleWriter {
  constructor(
    private readonly model: TextModel,
    private readonly tokenizer: Tokenizer,
    private readonly config: SamplingConfig,
    private readonly how: WritingOptions,
  ) {}

  async *write({ ids, prompt, index, ends }: TextJob): AsyncGenerator<PieceEvent | SampleEvent> {
    const { model, config } = this;
    const { signal } = this.how;
    const logprobs: TokenLogprobs[] = [];
    const observe = (id: number, logits: Float32Array) => {
      if (config.logprobs !== null) logprobs.push(this.named(logprobOf(id, logits, config.logprobs)));
    };
    const how = { ...samplingOf(config), index, signal };
    for await (const event of model.generate({ ids }, how, { ends, observe })) {
      if (event.kind === 'piece') yield { event: 'piece', index, text: event.text };
      else {
        const { text, tokens, finish, tokensPerSecond } = event;
        const listed = config.logprobs === null ? {} : { logprobs: logprobs.slice(0, tokens.length) };
        const memorized = this.memorized(tokens);
        yield { event: 'sample', index, prompt, text, tokens, finish, tokensPerSecond, ...listed, ...memorized };
      }
    }
  }

  /** The best `numSamples` texts of a beam search. */
  async *search({ ids, prompt, index, ends }: TextJob): AsyncGenerator<SampleEvent> {
    const { model, config } = this;
    const { signal } = this.how;
    const began = performance.now();
    const found = await model.beams({ ids }, config, { ...(ends && { ends }), signal });
    const seconds = (performance.now() - began) / 1000;
    for (const [i, { text, tokens, finish, score }] of found.slice(0, config.numSamples).entries()) {
      const tokensPerSecond = tokens.length / seconds;
      const memorized = this.memorized(tokens);
      yield { event: 'sample', index: index + i, prompt, text, tokens, finish, tokensPerSecond, score, ...memorized };
    }
  }

  private memorized(tokens: readonly number[]): Pick<SampleEvent, 'memorized'> {
    const { check } = this.how;
    return check ? { memorized: check.check(tokens) } : {};
  }

  private named({ id, logprob, top }: TokenLogprob): TokenLogprobs {
    const entry = (each: { readonly id: number; readonly logprob: number }) => ({
      ...each,
      token: this.tokenizer.decode([each.id], { special: true }),
    });
    return { ...entry({ id, logprob }), top: top.map(entry) };
  }
}

/**
 * The training text and its index, where the settings ask for the comparison. The caller closes it.
 * @throws GptError those of openCheck
 */
export async function* openedCheck(
  { checkMemorized, minMatch }: SamplingConfig,
  options: Omit<CheckOptions, 'minMatch'>,
): AsyncGenerator<NoticeEvent | PhaseEvent, MemorizationCheck | undefined> {
  if (!checkMemorized) return undefined;
  const { openCheck } = await import('../memorization/check.js');
  return yield* openCheck({ ...options, minMatch: minMatch ?? undefined });
}

/** @throws GptError `config/beams`, `config/min-match` for settings that have no meaning together */
export function checkSamples(config: SamplingConfig, sources: Readonly<Record<string, string>>): void {
  checkBeams(config, sources);
  if (config.minMatch === null || config.checkMemorized) return;
  throw new GptError('config/min-match', 'min-match has no effect without check-memorized', {
    hint: 'add --check-memorized',
  });
}

function checkBeams({ beams, numSamples }: SamplingConfig, sources: Readonly<Record<string, string>>): void {
  const given = (key: string) => sources[key] !== 'default';
  if (beams === 1) {
    if (!given('lengthPenalty')) return;
    throw new GptError('config/beams', 'length-penalty has no effect without beams', { hint: 'try --beams 4' });
  }
  const unused = {
    temperature: 'temperature',
    topK: 'top-k',
    topP: 'top-p',
    minP: 'min-p',
    greedy: 'greedy',
    stop: 'stop',
    logprobs: 'logprobs',
  };
  for (const [key, name] of Object.entries(unused)) {
    if (!given(key)) continue;
    throw new GptError('config/beams', `--${name} has no effect on a beam search`, {
      hint: `omit --${name}, or --beams`,
    });
  }
  if (numSamples > beams) {
    throw new GptError('config/beams', `${beams} beams give at most ${beams} samples, not ${numSamples}`, {
      hint: `try --beams ${numSamples}`,
    });
  }
}

/** What it costs that texts outgrow the context; nothing where they fit, or where a token more costs what the others do. */
export function contextNotice(model: TextModel, length: number): NoticeEvent[] {
  const { blockSize, rotary, kept } = model.passes;
  if (length <= blockSize || (rotary && kept)) return [];
  const then = 'then each token costs a pass over the whole window, which slides';
  return [{ event: 'notice', level: 'info', message: `the context of ${blockSize} tokens fills up: ${then}` }];
}

// One answer to one prompt, as OpenAI counts it. Knows no network.
import type { Message } from '../chat/index.js';
import { resolveSampling } from '../config/index.js';
import type { CompletionOptions } from '../generate/completion.js';
import { logprobOf, type TokenLogprob } from '../sample/index.js';
import type { Writer } from './model.js';
import { Refusal } from './refusal.js';
import type { GenerationRequest } from './requests.js';

export interface Piece {
  readonly kind: 'piece';
  readonly text: string;
  /** Of the tokens since the last piece; empty unless asked for. */
  readonly logprobs: readonly TokenLogprob[];
}

export interface End {
  readonly kind: 'end';
  readonly finish: 'stop' | 'length';
  readonly completionTokens: number;
  /** Of tokens that no piece had. */
  readonly logprobs: readonly TokenLogprob[];
}

/**
 * Ids of a prompt of /v1/completions.
 * @throws Refusal 400 for ids that the model has no row for
 */
export function idsOfPrompt({ assistant }: Writer, prompt: string | readonly number[]): readonly number[] {
  if (typeof prompt === 'string') return assistant.text.prompt(prompt).ids;
  const { vocabSize } = assistant.config;
  const stranger = prompt.find((id) => id >= vocabSize);
  if (stranger === undefined) return prompt;
  throw new Refusal(400, `the prompt has the token ${stranger}; the model has ${vocabSize}`, { param: 'prompt' });
}

/** Ids of a conversation. @throws GptError `chat/template` where the template refuses it */
export function idsOfChat({ assistant }: Writer, messages: readonly Message[], tools: readonly unknown[] | undefined) {
  return assistant.template.prompt(messages, { tools });
}

/** @throws Refusal 400 where no token of an answer would fit behind the prompt */
export function requireRoom({ assistant }: Writer, ids: readonly number[]): void {
  const { blockSize } = assistant.config;
  if (ids.length < blockSize) return;
  const message = `the prompt has ${ids.length} tokens; the context of the model is ${blockSize}, with the answer`;
  throw new Refusal(400, message, { code: 'context_length_exceeded' });
}

export interface AnswerContext {
  /** Which of several answers to the prompt. */
  readonly index: number;
  readonly signal: AbortSignal;
  readonly chat: boolean;
  /** Called for every token, that which ends the answer too. */
  readonly drawn: () => void;
}

/**
 * Generates; the last event is the end. An answer that would go past the context ends there with `length`.
 */
export async function* generateAnswer(
  { assistant, defaults, memory }: Writer,
  ids: readonly number[],
  request: GenerationRequest,
  { index, signal, chat, drawn }: AnswerContext,
): AsyncGenerator<Piece | End> {
  const { topLogprobs, seeded } = request;
  const wanted: CompletionOptions = { ...defaults, ...request.options };
  const { maxNewTokens } = resolveSampling(wanted).settings;
  const room = assistant.config.blockSize - ids.length;
  const options = { ...wanted, maxNewTokens: Math.min(maxNewTokens, room), index, signal };
  let pending: TokenLogprob[] = [];
  let given = 0;
  const observe = (id: number, logits: Float32Array) => {
    drawn();
    if (topLogprobs !== undefined) pending.push(logprobOf(id, logits, topLogprobs));
  };
  // A pass over a prompt and one over its rest may differ in the last bit: with a seed nothing is reused.
  const context = { ends: chat ? assistant.ends : undefined, observe, memory: chat && !seeded ? memory : undefined };
  for await (const event of assistant.text.generate({ ids }, options, context)) {
    if (event.kind === 'piece') {
      yield { kind: 'piece', text: event.text, logprobs: pending };
      given += pending.length;
      pending = [];
      continue;
    }
    const { tokens, finish } = event;
    const rest = pending.slice(0, Math.max(0, tokens.length - given)); // without the token that ends the text
    yield {
      kind: 'end',
      finish: finish === 'length' ? 'length' : 'stop',
      completionTokens: tokens.length,
      logprobs: rest,
    };
  }
}

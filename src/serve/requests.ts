// Bodies of requests: OpenAI's fields checked, and what they mean for generation. Fields that would change the answer and are
// not supported are refused, unknown ones are ignored as OpenAI's clients expect.
import { randomInt } from 'node:crypto';
import { z } from 'zod';
import { type Message, parseMessages } from '../chat/index.js';
import type { CompletionOptions } from '../generate/completion.js';
import { Refusal } from './refusal.js';

const unsupported = {
  presence_penalty: z.number().nullish(),
  frequency_penalty: z.number().nullish(),
};

const sampling = {
  max_tokens: z.int().min(0).nullish(),
  temperature: z.number().min(0).nullish(),
  top_p: z.number().positive().max(1).nullish(),
  top_k: z.int().min(0).nullish(),
  min_p: z.number().min(0).max(1).nullish(),
  repetition_penalty: z.number().positive().nullish(),
  no_repeat_ngram_size: z.int().min(0).nullish(),
  logit_bias: z.record(z.string(), z.number().min(-100).max(100)).nullish(),
  stop: z.union([z.string().min(1), z.array(z.string().min(1)).max(16)]).nullish(),
  seed: z.int().nullish(),
  n: z.int().min(1).max(16).nullish(),
  stream: z.boolean().nullish(),
  stream_options: z.object({ include_usage: z.boolean().nullish() }).nullish(),
  ...unsupported,
};

const completionBody = z.object({
  ...sampling,
  prompt: z.union([z.string(), z.array(z.string()).min(1).max(64), z.array(z.int().min(0)).min(1)]).default(''),
  logprobs: z.int().min(0).max(20).nullish(),
  echo: z.boolean().nullish(),
  suffix: z.string().nullish(),
  best_of: z.int().nullish(),
});

const chatBody = z.object({
  ...sampling,
  messages: z.unknown().optional(),
  max_completion_tokens: z.int().min(0).nullish(),
  logprobs: z.boolean().nullish(),
  top_logprobs: z.int().min(0).max(20).nullish(),
  tools: z.array(z.unknown()).nullish(),
  tool_choice: z.unknown().optional(),
  response_format: z.object({ type: z.string() }).nullish(),
});

const classifyBody = z.object({ input: z.union([z.string(), z.array(z.string()).min(1).max(256)]) });

/** What is to be generated, whichever way it was asked for. */
export interface GenerationRequest {
  readonly options: CompletionOptions;
  /** A seed was given: the answer must not depend on anything else. */
  readonly seeded: boolean;
  /** Answers to each prompt. */
  readonly n: number;
  readonly stream: boolean;
  readonly includeUsage: boolean;
  /** How many of the likeliest tokens are listed beside each; undefined: no log-probabilities. */
  readonly topLogprobs: number | undefined;
}

function parsed<T>(schema: z.ZodType<T>, body: unknown): T {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const param = issue!.path.map(String).join('.');
  throw new Refusal(
    400,
    `${param === '' ? 'the body' : `"${param}"`}: ${issue!.message}`,
    param === '' ? {} : { param },
  );
}

function refuse(fields: Readonly<Record<string, unknown>>, harmless: (value: unknown) => boolean): void {
  for (const [param, value] of Object.entries(fields)) {
    if (value === null || value === undefined || harmless(value)) continue;
    throw new Refusal(400, `"${param}" is not supported`, { param, code: 'unsupported_parameter' });
  }
}

/** An entry of `logit_bias` as `--logit-bias` takes it. */
function logitBiasOf([id, bias]: readonly [string, number]): string {
  if (/^\d+$/.test(id)) return `${id}=${bias}`;
  throw new Refusal(400, `"logit_bias": a key must be the id of a token, got ${JSON.stringify(id)}`, {
    param: 'logit_bias',
  });
}

type Sampling = z.infer<z.ZodObject<typeof sampling>>;

function generationOf(body: Sampling, maxTokens: number | null | undefined): Omit<GenerationRequest, 'topLogprobs'> {
  const { presence_penalty, frequency_penalty, logit_bias: biases } = body;
  refuse({ presence_penalty, frequency_penalty }, (value) => value === 0);
  const options = {
    maxNewTokens: maxTokens,
    temperature: body.temperature,
    topP: body.top_p,
    topK: body.top_k,
    minP: body.min_p,
    repetitionPenalty: body.repetition_penalty,
    noRepeatNgram: body.no_repeat_ngram_size,
    logitBias: biases && Object.entries(biases).map(logitBiasOf),
    stop: typeof body.stop === 'string' ? [body.stop] : body.stop,
  };
  const given = Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== null && value !== undefined),
  );
  const seeded = body.seed !== null && body.seed !== undefined;
  return {
    options: { ...given, seed: seeded ? body.seed! >>> 0 : randomInt(2 ** 32) },
    seeded,
    n: body.n ?? 1,
    stream: body.stream ?? false,
    includeUsage: body.stream_options?.include_usage ?? false,
  };
}

/** @throws Refusal 400 */
export function completionRequest(
  json: unknown,
): GenerationRequest & { readonly prompts: readonly (string | readonly number[])[] } {
  const body = parsed(completionBody, json);
  const { prompt, echo, suffix, best_of: bestOf } = body;
  refuse({ echo, suffix, best_of: bestOf }, (value) => value === false || value === '' || value === (body.n ?? 1));
  const several = Array.isArray(prompt) && typeof prompt[0] === 'string';
  const prompts = several ? (prompt as string[]) : [prompt as string | number[]];
  return { ...generationOf(body, body.max_tokens), prompts, topLogprobs: body.logprobs ?? undefined };
}

/** @throws Refusal 400 */
export function chatRequest(
  json: unknown,
): GenerationRequest & { readonly messages: readonly Message[]; readonly tools: readonly unknown[] | undefined } {
  const body = parsed(chatBody, json);
  refuse({ response_format: body.response_format }, (value) => (value as { type: string }).type === 'text');
  const messages = parseMessages(body.messages, 'a list of {"role": "user", "content": "..."}');
  if ('malformed' in messages) {
    const { message, detail } = messages;
    throw new Refusal(400, `"messages": ${detail ? `${detail}: ` : ''}${message}`, { param: 'messages' });
  }
  if (messages.length === 0) throw new Refusal(400, '"messages" is empty', { param: 'messages' });
  const tools = body.tool_choice === 'none' ? undefined : (body.tools ?? undefined);
  const topLogprobs = body.logprobs ? (body.top_logprobs ?? 0) : undefined;
  const maxTokens = body.max_completion_tokens ?? body.max_tokens;
  return { ...generationOf(body, maxTokens), messages, tools, topLogprobs };
}

/** @throws Refusal 400 */
export function classifyRequest(json: unknown): readonly string[] {
  const { input } = parsed(classifyBody, json);
  return typeof input === 'string' ? [input] : input;
}

// Log-probabilities of drawn tokens, of the model's own distribution before any filter, and OpenAI's two forms of them.
import { softmax } from '../sample/index.js';
import type { Tokenizer } from '../tokenizer/index.js';

export interface TokenLogprob {
  readonly id: number;
  /** Nats, at most 0. */
  readonly logprob: number;
  /** The likeliest tokens, best first. */
  readonly top: readonly { readonly id: number; readonly logprob: number }[];
}

/** The smallest that is reported: JSON has no infinity. */
const least = -9999;
const logOf = (probability: number) => Math.max(least, Math.log(probability));

/** @param logits [V] that `id` was drawn from @param count how many of the likeliest are listed */
export function logprobOf(id: number, logits: Float32Array, count: number): TokenLogprob {
  const probabilities = softmax(logits);
  const top: number[] = [];
  for (let at = 0; at < probabilities.length && count > 0; at++) {
    const p = probabilities[at]!;
    if (top.length === count && p <= probabilities[top.at(-1)!]!) continue;
    let place = top.length;
    while (place > 0 && probabilities[top[place - 1]!]! < p) place--;
    top.splice(place, 0, at);
    if (top.length > count) top.pop();
  }
  const entry = (token: number) => ({ id: token, logprob: logOf(probabilities[token]!) });
  return { ...entry(id), top: top.map(entry) };
}

/** The form of /v1/chat/completions. */
export function chatLogprobs(tokens: readonly TokenLogprob[], tokenizer: Tokenizer): unknown {
  const shown = ({ id, logprob }: { readonly id: number; readonly logprob: number }) => ({
    token: tokenizer.decode([id], { special: true }),
    logprob,
    bytes: [...tokenizer.bytesOf(id)],
  });
  return { content: tokens.map((token) => ({ ...shown(token), top_logprobs: token.top.map(shown) })) };
}

/** The form of /v1/completions. @param offset characters of the text before these tokens */
export function completionLogprobs(tokens: readonly TokenLogprob[], tokenizer: Tokenizer, offset: number): unknown {
  const texts = tokens.map(({ id }) => tokenizer.decode([id], { special: true }));
  let at = offset;
  const offsets = texts.map((text) => {
    at += text.length;
    return at - text.length;
  });
  const top = tokens.map((token) =>
    Object.fromEntries(token.top.map(({ id, logprob }) => [tokenizer.decode([id], { special: true }), logprob])),
  );
  return {
    tokens: texts,
    token_logprobs: tokens.map(({ logprob }) => logprob),
    top_logprobs: top,
    text_offset: offsets,
  };
}

// OpenAI's two forms of log-probabilities.
import type { TokenLogprob } from '../sample/index.js';
import type { Tokenizer } from '../tokenizer/index.js';

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

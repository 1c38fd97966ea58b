// Answers in OpenAI's JSON: whole, and as chunks of a stream.
import { randomUUID } from 'node:crypto';
import type { TokenLogprob } from '../sample/index.js';
import type { Tokenizer } from '../tokenizer/index.js';
import { chatLogprobs, completionLogprobs } from './logprobs.js';

export interface Usage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens: number;
}

export const usageOf = (prompt: number, completion: number): Usage => ({
  prompt_tokens: prompt,
  completion_tokens: completion,
  total_tokens: prompt + completion,
});

/** What was written for one choice. */
export interface Choice {
  readonly text: string;
  readonly finish: 'stop' | 'length' | null;
  readonly logprobs: readonly TokenLogprob[];
}

/** How an endpoint writes its answers. */
export class AnswerForm {
  private readonly id: string;
  private readonly created = Math.floor(Date.now() / 1000);

  constructor(
    private readonly chat: boolean,
    private readonly model: string,
    private readonly tokenizer: Tokenizer,
    private readonly withLogprobs: boolean,
  ) {
    this.id = `${chat ? 'chatcmpl' : 'cmpl'}-${randomUUID()}`;
  }

  private envelope(object: string, choices: readonly unknown[]) {
    return { id: this.id, object, created: this.created, model: this.model, choices };
  }

  private logprobs(tokens: readonly TokenLogprob[], offset: number): unknown {
    if (!this.withLogprobs) return null;
    return this.chat ? chatLogprobs(tokens, this.tokenizer) : completionLogprobs(tokens, this.tokenizer, offset);
  }

  whole(choices: readonly Choice[], usage: Usage): unknown {
    const made = choices.map(({ text, finish, logprobs }, index) => {
      const content = this.chat ? { message: { role: 'assistant', content: text, refusal: null } } : { text };
      return { index, ...content, logprobs: this.logprobs(logprobs, 0), finish_reason: finish };
    });
    return { ...this.envelope(this.chat ? 'chat.completion' : 'text_completion', made), usage };
  }

  /** @param offset characters of the choice before this chunk @param first whether it is the choice's first */
  chunk(index: number, { text, finish, logprobs }: Choice, offset: number, first: boolean): unknown {
    const delta = { ...(first && { role: 'assistant' }), ...((first || text !== '') && { content: text }) };
    const content = this.chat ? { delta } : { text };
    const shown = logprobs.length > 0 || this.withLogprobs ? this.logprobs(logprobs, offset) : null;
    const choice = { index, ...content, logprobs: shown, finish_reason: finish };
    return this.envelope(this.chat ? 'chat.completion.chunk' : 'text_completion', [choice]);
  }

  /** The chunk that ends a stream with `include_usage`. */
  usage(usage: Usage): unknown {
    return { ...this.envelope(this.chat ? 'chat.completion.chunk' : 'text_completion', []), usage };
  }
}

// A conversation with a model: its messages, and the cache that keeps what was read from turn to turn. Knows no terminal.
import { type Message, parseMessages } from '../chat/index.js';
import { resolveSampling } from '../config/index.js';
import { GptError } from '../errors.js';
import type { CompletionOptions } from '../generate/completion.js';
import { type Generated, PromptMemory } from '../sample/index.js';
import type { Assistant } from './assistant.js';
import { fitPrompt } from './fit.js';

export interface Answer {
  readonly kind: 'answer';
  readonly text: string;
  readonly finish: Generated['finish'] | 'interrupted';
  readonly promptTokens: number;
  /** Of the prompt's tokens, those whose keys and values were kept from earlier turns. */
  readonly reusedTokens: number;
  readonly tokens: number;
  readonly tokensPerSecond: number;
  /** How many messages the context has no room for any more. */
  readonly droppedMessages: number;
  /** The answer ended because the context is full. */
  readonly contextFull: boolean;
}

export type AnswerEvent =
  | { readonly kind: 'piece'; readonly text: string }
  | { readonly kind: 'full'; readonly dropped: number; readonly cut: number }
  | Answer;

/** At least this share of the context stays for the answer. */
const answerShare = 4;

export class Conversation {
  private readonly history: Message[] = [];
  private readonly memory = new PromptMemory();
  private turns = 0;
  private dropped = 0;

  constructor(
    private readonly assistant: Assistant,
    systemText?: string | undefined,
  ) {
    this.setSystem(systemText);
  }

  get messages(): readonly Message[] {
    return this.history;
  }

  /** Forgets everything but the system's message. */
  reset(): void {
    this.history.splice(this.history[0]?.role === 'system' ? 1 : 0);
    this.dropped = 0;
  }

  /** Forgets the last question and its answer. @returns false when there is none */
  undo(): boolean {
    const last = this.history.findLastIndex(({ role }) => role === 'user');
    if (last < 0) return false;
    this.history.splice(last);
    return true;
  }

  /** Replaces the system's message; undefined or an empty text removes it. */
  setSystem(text: string | undefined): void {
    if (this.history[0]?.role === 'system') this.history.shift();
    if (text) this.history.unshift({ role: 'system', content: text });
  }

  /** The conversation as a line of training data for `gpt-cli finetune`. */
  toJSON(): { readonly messages: readonly Message[] } {
    return { messages: this.history };
  }

  /**
   * Continues a conversation that was saved.
   * @throws GptError `chat/file`
   */
  load(value: unknown): void {
    const list = (value as { messages?: unknown } | null)?.messages;
    const messages = parseMessages(list, 'it is not {"messages": [{"role": "user", "content": "..."}]}');
    if ('malformed' in messages) {
      const { message, detail } = messages;
      throw new GptError('chat/file', `the conversation cannot be read: ${detail ? `${detail}: ` : ''}${message}`);
    }
    this.history.splice(0, this.history.length, ...messages);
    this.dropped = 0;
  }

  /**
   * Asks, and yields the answer piece by piece; the last event is the whole. An answer that `signal` stops is kept as far as it
   * was written; without a word of it the question is taken back.
   * @throws GptError `chat/template`, `config/...`; the question is then taken back
   */
  async *ask(question: string, options: CompletionOptions = {}): AsyncGenerator<AnswerEvent> {
    this.history.push({ role: 'user', content: question });
    let text = '';
    let answered = false;
    try {
      for await (const event of this.answer(options)) {
        if (event.kind === 'piece') text += event.text;
        if (event.kind === 'answer') answered = true;
        yield event;
      }
    } finally {
      if (answered || text !== '') this.history.push({ role: 'assistant', content: text.trim() });
      else this.history.pop();
    }
  }

  private async *answer(options: CompletionOptions): AsyncGenerator<AnswerEvent> {
    const { template, config, text: model, ends } = this.assistant;
    const { blockSize } = config;
    const { settings } = resolveSampling(options);
    const reserve = Math.max(1, Math.min(settings.maxNewTokens, Math.floor(blockSize / answerShare)));
    const { ids, dropped, cut } = fitPrompt(template, this.history, Math.max(1, blockSize - reserve));
    if (dropped > this.dropped || cut > 0) yield { kind: 'full', dropped, cut };
    this.dropped = dropped;
    const room = blockSize - ids.length;
    const maxNewTokens = Math.min(settings.maxNewTokens, room);
    const how = { ...options, maxNewTokens, index: options.index ?? this.turns++ };
    const { memory } = this;
    const facts = () => ({ promptTokens: ids.length, reusedTokens: memory.reused, droppedMessages: dropped });
    const began = performance.now();
    let written = '';
    let tokens = 0;
    try {
      for await (const event of model.generate({ ids }, how, { memory, ends, observe: () => tokens++ })) {
        if (event.kind === 'piece') {
          written += event.text;
          yield event;
          continue;
        }
        const { text, finish, tokensPerSecond } = event;
        const contextFull = finish === 'length' && maxNewTokens === room && room < settings.maxNewTokens;
        const measured = { tokens: event.tokens.length, tokensPerSecond };
        yield { kind: 'answer', text: text.trim(), finish, ...facts(), ...measured, contextFull };
      }
    } catch (error) {
      if (!options.signal?.aborted || (error as Error).name !== 'AbortError') throw error;
      if (written === '') throw error;
      const tokensPerSecond = tokens / ((performance.now() - began) / 1000);
      const measured = { tokens, tokensPerSecond };
      yield {
        kind: 'answer',
        text: written.trim(),
        finish: 'interrupted',
        ...facts(),
        ...measured,
        contextFull: false,
      };
    }
  }
}

// A chat template: conversations to text as transformers' `apply_chat_template` renders them, and the text to ids. The same
// segments are trained on and prompted with.
import type { Template } from '@huggingface/jinja';
import { GptError } from '../errors.js';
import type { Tokenizer } from '../tokenizer/index.js';
import type { Message } from './messages.js';
import { SpecialText } from './special-text.js';

/** A stretch of a rendered conversation. */
export interface ChatSegment {
  /** With marks in it: for `encode`. */
  readonly text: string;
  /** Whether the assistant wrote it: its content up to the token that ends its turn. */
  readonly answer: boolean;
}

export interface RenderOptions {
  /** Definitions of functions, for templates that know tools. */
  readonly tools?: readonly unknown[] | undefined;
  /** Ends with the beginning of an assistant's turn. */
  readonly generate?: boolean;
}

/** Templates drop the reasoning of earlier turns. */
function endOfThought(content: string): number {
  const tag = '</think>';
  const at = content.lastIndexOf(tag);
  return at < 0 ? 0 : at + tag.length;
}

export class ChatTemplate {
  private readonly special: SpecialText;

  private constructor(
    /** Jinja. */
    readonly source: string,
    private readonly compiled: Template,
    /** Variables such as `eos_token`. */
    private readonly tokens: Readonly<Record<string, string>>,
    tokenizer: Tokenizer,
  ) {
    this.special = new SpecialText(tokenizer);
  }

  /**
   * @param tokens the special tokens by their names in tokenizer_config.json
   * @throws GptError `chat/template` for Jinja that cannot be parsed
   */
  static async compile(
    source: string,
    tokenizer: Tokenizer,
    tokens: Readonly<Record<string, string>> = {},
  ): Promise<ChatTemplate> {
    const { Template: Compiled } = await import('@huggingface/jinja');
    const end = tokenizer.decode([tokenizer.endOfText], { special: true });
    try {
      return new ChatTemplate(source, new Compiled(source), { eos_token: end, bos_token: end, ...tokens }, tokenizer);
    } catch (cause) {
      throw new GptError('chat/template', `the chat template cannot be parsed: ${(cause as Error).message}`, { cause });
    }
  }

  /**
   * The conversation as text, as transformers gives it.
   * @throws GptError `chat/template` with what the template says of the messages
   */
  render(messages: readonly Message[], options: RenderOptions = {}): string {
    return this.special.plain(this.marked(messages, options));
  }

  /** Rendered, special tokens within contents marked. */
  private marked(messages: readonly Message[], { tools, generate = false }: RenderOptions): string {
    try {
      return this.compiled.render({
        ...this.tokens,
        messages: messages.map((message) => this.guarded(message)),
        tools: tools ? this.guardAll(tools) : null,
        documents: null,
        add_generation_prompt: generate,
      });
    } catch (cause) {
      throw new GptError('chat/template', `the chat template refuses the messages: ${(cause as Error).message}`, {
        cause,
      });
    }
  }

  private guarded(message: Message): unknown {
    const { role, content, ...rest } = message;
    const empty = content === '' && message.tool_calls !== undefined;
    return { role, content: empty ? null : this.special.guard(content), ...(this.guardAll(rest) as object) };
  }

  /** Every text within a JSON value guarded. */
  private guardAll(value: unknown): unknown {
    if (typeof value === 'string') return this.special.guard(value);
    if (Array.isArray(value)) return value.map((each) => this.guardAll(each));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, this.guardAll(each)]));
  }

  /**
   * The rendered conversation in pieces; joined they are the whole. An assistant's turn is an answer where the text before it
   * is what the template renders to prompt for it; a template that rewrites earlier turns leaves the others as plain text.
   */
  segments(messages: readonly Message[], options: RenderOptions = {}): ChatSegment[] {
    const whole = this.marked(messages, options);
    const { tools } = options;
    const segments: ChatSegment[] = [];
    let done = 0;
    for (const [index, { role, content, tool_calls: calls }] of messages.entries()) {
      if (role !== 'assistant') continue;
      if (content.trim() === '' && calls === undefined) continue;
      const prompt = this.promptOf(messages.slice(0, index), tools);
      if (prompt === undefined || prompt.length < done || !whole.startsWith(prompt)) continue;
      const end = this.endOfTurn(whole, prompt.length, messages.slice(0, index + 1), tools);
      if (end <= prompt.length) continue;
      segments.push({ text: whole.slice(done, prompt.length), answer: false });
      segments.push({ text: whole.slice(prompt.length, end), answer: true });
      done = end;
    }
    if (done < whole.length) segments.push({ text: whole.slice(done), answer: false });
    return segments;
  }

  /** What comes before an answer; undefined where the template renders no such conversation. */
  private promptOf(messages: readonly Message[], tools: RenderOptions['tools']): string | undefined {
    try {
      return this.marked(messages, { tools, generate: true });
    } catch {
      return undefined;
    }
  }

  /** Where the token that ends the turn ends; without such a token, where the turn does. */
  private endOfTurn(whole: string, start: number, messages: readonly Message[], tools: RenderOptions['tools']): number {
    let alone: string | undefined;
    try {
      alone = this.marked(messages, { tools });
    } catch {}
    const known = alone !== undefined && alone.length > start && whole.startsWith(alone);
    const turn = whole.slice(start, known ? alone!.length : undefined);
    const ends = this.special.ends(turn);
    if (!known) return start + (ends[0] ?? 0);
    const last = ends.at(-1);
    return start + (last !== undefined && turn.slice(last).trim() === '' ? last : turn.length);
  }

  /** Ids of a segment. @param before the end of the text before it */
  encode(segment: ChatSegment, before = ''): number[] {
    return this.special.encode(segment.text, before);
  }

  /** The text of a segment without special tokens. */
  written(segment: ChatSegment): string {
    return this.special.written(segment.text);
  }

  /**
   * The ids that a model reads before it answers: the conversation, and the beginning of the assistant's turn.
   * @throws GptError `chat/template`
   */
  prompt(messages: readonly Message[], options: Pick<RenderOptions, 'tools'> = {}): number[] {
    const ids: number[] = [];
    let before = '';
    for (const segment of this.segments(messages, { ...options, generate: true })) {
      for (const id of this.encode(segment, before)) ids.push(id);
      before = segment.answer ? '' : segment.text;
    }
    return ids;
  }

  /** Why the template cannot express the messages: it refuses them, or drops a text; undefined where it can. */
  problemOf(messages: readonly Message[], tools?: readonly unknown[]): string | undefined {
    let text: string;
    try {
      text = this.render(messages, { tools });
    } catch (error) {
      if (error instanceof GptError) return error.message;
      throw error;
    }
    for (const { role, content, tool_calls: calls = [] } of messages) {
      const said = (role === 'assistant' ? content.slice(endOfThought(content)) : content).trim();
      const seen = text.includes(said) || text.includes(JSON.stringify(said).slice(1, -1));
      if (!seen) return `the chat template drops the text of a message (${role})`;
      const names = calls.map((call) => (call as { function?: { name?: unknown } } | null)?.function?.name);
      if (names.some((name) => typeof name !== 'string' || !text.includes(name)))
        return 'the chat template knows no tool calls';
    }
    return undefined;
  }
}

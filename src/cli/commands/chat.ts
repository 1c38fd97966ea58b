// gpt-cli chat: a conversation in the terminal, or a turn for each line of a pipe. The work is in converse/.
import type { Command } from 'commander';
import { samplingOf } from '../../config/index.js';
import type { Answer, Conversation } from '../../converse/index.js';
import type { NoticeEvent } from '../../events.js';
import { type Lines, readTurns } from '../chat/lines.js';
import { type ChatState, runSlash } from '../chat/slash.js';
import type { Context } from '../context.js';
import { describeFailure } from '../errors.js';
import { count } from '../format.js';
import { addSettings, configOf } from '../options.js';
import { showWork } from '../work.js';

const EXAMPLES = `
Examples:
  gpt-cli chat runs/chat
  gpt-cli chat runs/chat --system "Answer in one sentence." --temperature 0.7
  printf 'Hello\\nWhat did I say?\\n' | gpt-cli chat runs/chat --json

The conversation is rendered with the chat template of the model (tokenizer_config.json), or else with that of gpt-cli.
/help lists the commands within a conversation. Ctrl-C stops an answer, /exit or Ctrl-D ends the conversation.
--json prints {"event":"answer","text",...} for every turn.`;

export function define(command: Command, context: Context): void {
  command.argument('<run>', 'a run folder, a checkpoint in it, or a Hugging Face folder');
  addSettings(command, 'chat').addHelpText('after', EXAMPLES);
  command.action(async (run: string) => {
    const config = configOf(command, 'chat').values;
    const { Conversation, openAssistant } = await import('../../converse/index.js');
    const work = showWork(context);
    const assistant = await finish(openAssistant(run, config), work.on);
    work.close();
    if (!assistant.ownTemplate)
      context.note('the model brings no chat template: it is prompted with "User: ..." and "Assistant:"');
    const sampling: Record<string, unknown> = { ...samplingOf(config) };
    const conversation = new Conversation(assistant, config.system ?? undefined);
    try {
      await new Chat(context, { conversation, sampling }).run();
    } finally {
      await assistant.close();
    }
  });
}

/** What a generator returns; its events are shown. */
async function finish<T>(events: AsyncGenerator<NoticeEvent, T>, show: (event: NoticeEvent) => void): Promise<T> {
  for (;;) {
    const { done, value } = await events.next();
    if (done) return value;
    show(value);
  }
}

class Chat {
  private answering: AbortController | undefined;

  constructor(
    private readonly context: Context,
    private readonly state: ChatState,
  ) {}

  private get conversation(): Conversation {
    return this.state.conversation;
  }

  /** Until /exit, the end of the input, or a signal. */
  async run(): Promise<void> {
    const { context } = this;
    const interrupt = () => {
      this.answering?.abort();
      return this.answering !== undefined;
    };
    context.absorb = interrupt;
    const lines = readTurns(context.streams, interrupt);
    const stop = context.stopOnInterrupt();
    stop.addEventListener('abort', () => {
      this.answering?.abort();
      lines.close();
    });
    try {
      while (await this.turn(lines)) if (stop.aborted) break;
    } finally {
      context.absorb = undefined;
      lines.close();
    }
  }

  /** @returns false when the conversation is over */
  private async turn(lines: Lines): Promise<boolean> {
    const { context } = this;
    const turn = await lines.next('> ');
    if (turn === undefined) return false;
    if (turn === 'interrupt') {
      context.note('\n/exit or Ctrl-D ends the conversation');
      return true;
    }
    const text = turn.text.trim();
    if (text === '') return true;
    try {
      if (!text.startsWith('/')) await this.answer(turn.text);
      else {
        const report = await runSlash(this.state, text);
        if (typeof report !== 'string') return false;
        context.note(report);
      }
    } catch (error) {
      const failure = describeFailure(error, 'gpt-cli chat', true);
      if (failure.exitCode === 1) throw error;
      context.complain(failure.text);
    }
    return true;
  }

  private async answer(question: string): Promise<void> {
    const { context } = this;
    this.answering = new AbortController();
    const { signal } = this.answering;
    let begun = false;
    try {
      for await (const event of this.conversation.ask(question, { ...this.state.sampling, signal })) {
        if (event.kind === 'full') this.announceFull(event);
        else if (event.kind === 'answer') this.end(event);
        else if (!context.json) {
          context.write(begun ? event.text : event.text.trimStart());
          begun ||= event.text.trim() !== '';
        }
      }
    } catch (error) {
      if (!signal.aborted) throw error;
      context.note('\nstopped; the question is taken back');
    } finally {
      this.answering = undefined;
    }
  }

  private announceFull({ dropped, cut }: { readonly dropped: number; readonly cut: number }): void {
    const what = dropped > 0 ? `the context is full: the ${count(dropped)} oldest messages are no longer read` : '';
    const question =
      cut > 0 ? `the question is too long for the context: its first ${count(cut)} tokens are not read` : '';
    this.context.warn([what, question].filter(Boolean).join('; '));
  }

  private end(answer: Answer): void {
    const { context } = this;
    const { kind: _, ...facts } = answer;
    if (context.json) context.print(JSON.stringify({ event: 'answer', ...facts }));
    else context.write('\n');
    if (answer.finish === 'interrupted') context.note('stopped');
    if (answer.contextFull) context.warn('the answer ends here: the context is full; /reset begins again');
    if (context.streams.stdout.isTTY && !context.json) {
      const read = `${count(answer.promptTokens)} tokens of prompt, ${count(answer.reusedTokens)} of them cached`;
      const written = `${count(answer.tokens)} written, ${answer.tokensPerSecond.toFixed(1)} tokens/s`;
      context.note(context.paint.dim(`(${read}; ${written})`));
    }
  }
}

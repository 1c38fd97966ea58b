// The commands of a conversation: /reset, /undo, /save and others. Each says what it did in one line.
import { readFile } from 'node:fs/promises';
import { flagName, nearest, resolveSampling, settings } from '../../config/index.js';
import type { Conversation } from '../../converse/index.js';
import { GptError, whyUnreadable } from '../../errors.js';
import { replaceFile } from '../../files/index.js';
import { unwritable } from '../unwritable.js';

export interface ChatState {
  readonly conversation: Conversation;
  /** Settings of sampling, by key. */
  readonly sampling: Record<string, unknown>;
}

interface SlashCommand {
  readonly usage: string;
  readonly help: string;
  /** @returns what to report */
  readonly run: (state: ChatState, argument: string) => Promise<string> | string;
}

const booleans: Readonly<Record<string, boolean>> = { true: true, false: false };

const needed = (argument: string, usage: string): string => {
  if (argument !== '') return argument;
  throw new GptError('chat/command', `${usage.split(' ')[0]} needs an argument`, { hint: usage });
};

export const slashCommands: Readonly<Record<string, SlashCommand>> = {
  reset: {
    usage: '/reset',
    help: 'forget the conversation; the system message stays',
    run: ({ conversation }) => {
      conversation.reset();
      return 'the conversation begins again';
    },
  },
  undo: {
    usage: '/undo',
    help: 'forget the last question and its answer',
    run: ({ conversation }) => (conversation.undo() ? 'the last turn is forgotten' : 'there is no turn to forget'),
  },
  save: {
    usage: '/save FILE',
    help: 'write the conversation as a line of JSON, which finetune reads',
    run: async ({ conversation }, argument) => {
      const file = needed(argument, '/save FILE');
      try {
        await replaceFile(file, `${JSON.stringify(conversation)}\n`);
      } catch (error) {
        throw unwritable(error, file);
      }
      return `${conversation.messages.length} messages saved to ${file}`;
    },
  },
  load: {
    usage: '/load FILE',
    help: 'continue a saved conversation',
    run: async ({ conversation }, argument) => {
      const file = needed(argument, '/load FILE');
      conversation.load(await readSaved(file));
      return `${conversation.messages.length} messages loaded from ${file}`;
    },
  },
  system: {
    usage: '/system TEXT',
    help: 'replace the system message; without a text, remove it',
    run: ({ conversation }, argument) => {
      conversation.setSystem(argument);
      return argument === '' ? 'no system message' : 'the system message is replaced';
    },
  },
  set: {
    usage: '/set KEY VALUE',
    help: 'change a setting of sampling; without a key, list them',
    run: ({ sampling }, argument) => {
      const [name = '', ...rest] = argument.split(/\s+/);
      if (name === '')
        return Object.entries(sampling)
          .map(([key, value]) => `${flagName(key)} ${value}`)
          .join(', ');
      const key = name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
      if (!Object.hasOwn(sampling, key)) {
        const guess = nearest(name, Object.keys(sampling).map(flagName));
        const hint = guess ? `did you mean ${guess}?` : '/set lists them';
        throw new GptError('chat/command', `there is no setting "${name}"`, { hint });
      }
      const text = needed(rest.join(' '), `/set ${name} VALUE`);
      const value =
        key === 'stop'
          ? [text]
          : typeof sampling[key] === 'boolean'
            ? (booleans[text] ?? text)
            : settings[key]!.read(text);
      resolveSampling({ ...sampling, [key]: value }, 'flag');
      sampling[key] = value;
      return `${flagName(key)} ${text}`;
    },
  },
  help: {
    usage: '/help',
    help: 'this list',
    run: () => helpText(),
  },
};

/** The commands with what they do. */
export function helpText(): string {
  const lines = Object.values(slashCommands).map(({ usage, help }) => `  ${usage.padEnd(16)} ${help}`);
  return [
    ...lines,
    `  ${'/exit'.padEnd(16)} leave; so does Ctrl-D`,
    '  A line that ends with \\ continues in the next one.',
  ].join('\n');
}

async function readSaved(file: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw new GptError('chat/file', `cannot read ${file}: ${whyUnreadable(cause)}`, { cause });
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new GptError('chat/file', `${file} is not JSON: ${(cause as Error).message}`, { cause });
  }
}

/**
 * Runs `/name argument`.
 * @returns what to report; `exit` ends the conversation
 * @throws GptError `chat/...` for an unknown command or a wrong argument
 */
export async function runSlash(state: ChatState, line: string): Promise<string | { readonly exit: true }> {
  const [, name = '', argument = ''] = /^\/(\S*)\s*([\s\S]*)$/.exec(line)!;
  if (name === 'exit' || name === 'quit' || name === 'bye') return { exit: true };
  if (Object.hasOwn(slashCommands, name)) return slashCommands[name]!.run(state, argument.trim());
  const guess = nearest(name, [...Object.keys(slashCommands), 'exit']);
  throw new GptError('chat/command', `there is no command /${name}`, {
    hint: guess ? `did you mean /${guess}?` : '/help lists them',
  });
}

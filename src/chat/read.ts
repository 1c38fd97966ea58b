// The chat template of a checkpoint folder, wherever transformers keeps it. Reads two files and no weights.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { exists, readJsonObject } from '../files/index.js';
import type { Tokenizer } from '../tokenizer/index.js';
import { defaultTemplate } from './default-template.js';
import { ChatTemplate } from './template.js';

/** What a checkpoint's tokenizer_config.json says of chats. */
export interface ChatKeys {
  /** Jinja; undefined where the folder has none. */
  readonly template: string | undefined;
  /** `bos_token`, `eos_token` and others, by name. */
  readonly tokens: Readonly<Record<string, string>>;
}

/**
 * @param directory a checkpoint folder
 * @throws GptError `chat/template` for a broken tokenizer_config.json
 */
export async function readChatKeys(directory: string): Promise<ChatKeys> {
  const path = join(directory, 'tokenizer_config.json');
  const config = (await exists(path)) ? await readJsonObject(path, 'chat/template') : {};
  const tokens: Record<string, string> = {};
  for (const [key, value] of Object.entries(config)) {
    if (!key.endsWith('_token')) continue;
    const content = typeof value === 'object' && value !== null ? (value as { content?: unknown }).content : value;
    if (typeof content === 'string') tokens[key] = content;
  }
  const file = join(directory, 'chat_template.jinja');
  const template = (await exists(file)) ? await readFile(file, 'utf8') : named(config['chat_template']);
  return { template, tokens };
}

/** One template, or the default one of several. */
function named(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (!Array.isArray(value)) return undefined;
  const list = value as ({ name?: unknown; template?: unknown } | null)[];
  const { template } = list.find((each) => each?.name === 'default') ?? list[0] ?? {};
  return typeof template === 'string' ? template : undefined;
}

/**
 * The template of a checkpoint, or ours where it has none.
 * @param directory undefined for a model that begins from scratch
 * @throws GptError `chat/template`
 */
export async function chatTemplateOf(directory: string | undefined, tokenizer: Tokenizer): Promise<ChatTemplate> {
  const { template, tokens } = directory === undefined ? noKeys : await readChatKeys(directory);
  return ChatTemplate.compile(template ?? defaultTemplate, tokenizer, tokens);
}

const noKeys: ChatKeys = { template: undefined, tokens: {} };

/** Tokens that end an answer: `eos_token_id` of generation_config.json, one or several. */
export async function endsOf(directory: string): Promise<ReadonlySet<number>> {
  const path = join(directory, 'generation_config.json');
  if (!(await exists(path))) return new Set();
  const { eos_token_id: ends } = await readJsonObject(path, 'checkpoint/config');
  return new Set([ends].flat().filter((id) => typeof id === 'number'));
}

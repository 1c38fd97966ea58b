// GPT-2's older files as one tokenizer.json: vocab.json and merges.txt, with added_tokens.json, tokenizer_config.json and
// special_tokens_map.json where they are there, combined as transformers combines them. Reads no disk.
import { GptError } from '../errors.js';
import { addedTokenJson, byteLevelJson, endOfTextToken, tokenizerJson } from './hf-json.js';
import { parseTokenizer } from './parse.js';
import type { Tokenizer } from './types.js';

type Json = Readonly<Record<string, unknown>>;

export interface Gpt2Files {
  readonly vocab: unknown;
  readonly merges: string;
  readonly addedTokens?: unknown;
  readonly config?: unknown;
  readonly specialTokens?: unknown;
}

/**
 * @param folder what to call them in an error
 * @throws `tokenizer/format`, and what `parseTokenizer` throws
 */
export function parseGpt2Files(files: Gpt2Files, folder: string): Tokenizer {
  const { vocab, config } = files;
  const error = (what: string) => new GptError('tokenizer/format', `${folder}: ${what}`);
  if (!isObject(vocab)) throw error('vocab.json is not a JSON object');
  const lines = files.merges.split(/\r?\n/);
  if (lines[0]?.startsWith('#version')) lines.shift();
  const ids = new Map(Object.entries(vocab));
  const byteLevel = byteLevelJson(true);
  const prefixSpace = isObject(config) && config['add_prefix_space'] === true;
  const json = tokenizerJson({
    added: readAdded(files, ids, error),
    preTokenizer: { ...(byteLevel as Json), add_prefix_space: prefixSpace },
    decoder: byteLevel,
    vocab: ids as Map<string, number>,
    merges: lines.filter((line) => line !== ''),
    byteFallback: false,
  });
  return parseTokenizer(json, folder, { endOfText: endToken(config) ?? endToken(files.specialTokens) });
}

/** The text of `eos_token`, which is a string or an object with the string as its content. */
export function endToken(config: unknown): string | undefined {
  return isObject(config) ? contentOf(config['eos_token']) : undefined;
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function contentOf(token: unknown): string | undefined {
  const content = isObject(token) ? token['content'] : token;
  return typeof content === 'string' ? content : undefined;
}

/** Special tokens by name: the values of eos_token, pad_token..., and of additional_special_tokens. */
function specialNames(...configs: readonly unknown[]): Set<string> {
  const names = new Set([endOfTextToken]);
  for (const config of configs.filter(isObject)) {
    for (const [key, value] of Object.entries(config)) {
      if (!/_tokens?$/.test(key)) continue;
      for (const token of Array.isArray(value) ? value : [value]) {
        const content = contentOf(token);
        if (content !== undefined) names.add(content);
      }
    }
  }
  return names;
}

function readAdded(
  { addedTokens, config, specialTokens }: Gpt2Files,
  vocab: ReadonlyMap<string, unknown>,
  error: (what: string) => GptError,
): unknown[] {
  const special = specialNames(config, specialTokens);
  const added = new Map<string, unknown>();
  for (const name of special) {
    const id = vocab.get(name);
    if (id !== undefined) added.set(name, addedTokenJson(id as number, name));
  }
  if (addedTokens !== undefined && !isObject(addedTokens)) throw error('added_tokens.json is not a JSON object');
  for (const [content, id] of Object.entries(addedTokens ?? {})) {
    const isSpecial = special.has(content);
    added.set(content, { ...addedTokenJson(id as number, content), special: isSpecial, normalized: !isSpecial });
  }
  const decoder = isObject(config) ? config['added_tokens_decoder'] : undefined;
  for (const [id, token] of Object.entries(isObject(decoder) ? decoder : {})) {
    const content = contentOf(token);
    if (content !== undefined && isObject(token)) added.set(content, { ...token, id: Number(id) });
  }
  return [...added.values()];
}

// Finds and reads a tokenizer on disk: a tokenizer.json, GPT-2's vocab.json with merges.txt, or a folder that has them.
import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { GptError, whyUnreadable } from '../errors.js';
import { addedTokenJson, byteLevelJson, endOfTextToken, tokenizerJson } from './hf-json.js';
import { parseTokenizer } from './parse.js';
import type { Tokenizer } from './types.js';

/**
 * @param path a tokenizer.json, a folder with one or with vocab.json and merges.txt, or a run folder (its best/, else
 * its last/ checkpoint)
 * @throws `tokenizer/missing`, and what `parseTokenizer` throws
 */
export async function loadTokenizer(path: string): Promise<Tokenizer> {
  const kind = await kindOf(path);
  if (kind === 'file') {
    if (['vocab.json', 'merges.txt'].includes(basename(path))) return loadFolder(dirname(path), path);
    return loadFile(path);
  }
  if (kind === 'folder') return loadFolder(path, path);
  throw new GptError('tokenizer/missing', `there is no tokenizer at ${path}`, {
    hint: 'give a tokenizer.json, or a folder that holds one; or char, byte, bpe',
  });
}

async function kindOf(path: string): Promise<'file' | 'folder' | undefined> {
  try {
    return (await stat(path)).isDirectory() ? 'folder' : 'file';
  } catch {
    return undefined;
  }
}

async function loadFolder(folder: string, asked: string): Promise<Tokenizer> {
  for (const inner of [folder, join(folder, 'best'), join(folder, 'last')]) {
    if (await kindOf(join(inner, 'tokenizer.json'))) return loadFile(join(inner, 'tokenizer.json'));
    if ((await kindOf(join(inner, 'vocab.json'))) && (await kindOf(join(inner, 'merges.txt'))))
      return loadGpt2Files(inner);
  }
  throw new GptError('tokenizer/missing', `${asked} holds no tokenizer`, {
    hint: 'it needs a tokenizer.json, or vocab.json with merges.txt',
  });
}

async function loadFile(path: string): Promise<Tokenizer> {
  const json = await readJson(path);
  const config = join(dirname(path), 'tokenizer_config.json');
  const endOfText = (await kindOf(config)) ? endToken(await readJson(config)) : undefined;
  return parseTokenizer(json, path, { endOfText });
}

/** `eos_token` is a string, or an object with the string as its content. */
function endToken(config: unknown): string | undefined {
  const token = (config as { eos_token?: unknown } | null)?.eos_token;
  if (typeof token === 'string') return token;
  const content = (token as { content?: unknown } | null | undefined)?.content;
  return typeof content === 'string' ? content : undefined;
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new GptError('tokenizer/missing', `${path} cannot be read: ${whyUnreadable(cause)}`, { cause });
  }
}

async function readJson(path: string): Promise<unknown> {
  const text = await readText(path);
  try {
    return JSON.parse(text.replace(/^\ufeff/, ''));
  } catch (cause) {
    throw new GptError('tokenizer/format', `${path} is not JSON: ${(cause as Error).message}`, { cause });
  }
}

async function loadGpt2Files(folder: string): Promise<Tokenizer> {
  const vocab = await readJson(join(folder, 'vocab.json'));
  const lines = (await readText(join(folder, 'merges.txt'))).split(/\r?\n/);
  if (lines[0]?.startsWith('#version')) lines.shift();
  if (typeof vocab !== 'object' || vocab === null)
    throw new GptError('tokenizer/format', `${join(folder, 'vocab.json')} is not a JSON object`);
  const entries = Object.entries(vocab as Record<string, number>);
  const endId = new Map(entries).get(endOfTextToken);
  const json = tokenizerJson({
    added: endId === undefined ? [] : [addedTokenJson(endId)],
    preTokenizer: byteLevelJson(true),
    decoder: byteLevelJson(true),
    vocab: entries,
    merges: lines.filter((line) => line !== ''),
    byteFallback: false,
  });
  return parseTokenizer(json, folder);
}

// Finds and reads a tokenizer on disk: a tokenizer.json, GPT-2's vocab.json with merges.txt, or a folder that has them.
import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { GptError, whyUnreadable } from '../errors.js';
import { endToken, type Gpt2Files, parseGpt2Files } from './gpt2-files.js';
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
    if (sentencePieceFiles.includes(basename(path))) throw sentencePieceError(path);
    return loadFile(path);
  }
  if (kind === 'folder') return loadFolder(path, path);
  throw new GptError('tokenizer/missing', `there is no tokenizer at ${path}`, {
    hint: 'give a tokenizer.json, or a folder that holds one; or char, byte, bpe',
  });
}

async function kindOf(path: string): Promise<'file' | 'folder' | undefined> {
  try {
    const found = await stat(path);
    if (found.isDirectory()) return 'folder';
    return found.isFile() ? 'file' : undefined; // opening a pipe would wait for its writer
  } catch {
    return undefined;
  }
}

async function loadFolder(folder: string, asked: string): Promise<Tokenizer> {
  for (const inner of [folder, join(folder, 'best'), join(folder, 'last')]) {
    if (await kindOf(join(inner, 'tokenizer.json'))) return loadFile(join(inner, 'tokenizer.json'));
    if ((await kindOf(join(inner, 'vocab.json'))) && (await kindOf(join(inner, 'merges.txt'))))
      return parseGpt2Files(await readGpt2Files(inner), inner);
  }
  for (const name of sentencePieceFiles) {
    if (await kindOf(join(folder, name))) throw sentencePieceError(join(folder, name));
  }
  throw new GptError('tokenizer/missing', `${asked} holds no tokenizer`, {
    hint: 'it needs a tokenizer.json, or vocab.json with merges.txt',
  });
}

/** Llama 1 and 2, Mistral, T5. Their tokenizer.json, where transformers makes one, is refused by `parseTokenizer`, too. */
const sentencePieceFiles = ['tokenizer.model', 'spiece.model'];

function sentencePieceError(path: string): GptError {
  return new GptError('tokenizer/sentencepiece', `${path} is a SentencePiece tokenizer, which is not supported`, {
    hint: 'only byte-level BPE is read from other models (GPT-2, Llama 3, Qwen, SmolLM2): choose one of these, or train a tokenizer of your own',
  });
}

async function loadFile(path: string): Promise<Tokenizer> {
  const json = await readJson(path);
  const config = join(dirname(path), 'tokenizer_config.json');
  const endOfText = (await kindOf(config)) ? endToken(await readJson(config)) : undefined;
  return parseTokenizer(json, path, { endOfText });
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

/** The files besides vocab.json and merges.txt may be missing. */
async function readGpt2Files(folder: string): Promise<Gpt2Files> {
  const optional = async (name: string) =>
    (await kindOf(join(folder, name))) ? await readJson(join(folder, name)) : undefined;
  return {
    vocab: await readJson(join(folder, 'vocab.json')),
    merges: await readText(join(folder, 'merges.txt')),
    addedTokens: await optional('added_tokens.json'),
    config: await optional('tokenizer_config.json'),
    specialTokens: await optional('special_tokens_map.json'),
  };
}

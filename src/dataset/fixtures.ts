// For the tests of this folder: a tokenizer with any ids, temporary folders, and streams cut anywhere.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { GptError } from '../errors.js';
import type { TextPiece, Tokenizer } from '../tokenizer/types.js';

const encoder = new TextEncoder();

/** One id a character of `characters`, the last id for <|endoftext|>; `extra` ids make the vocabulary larger. */
export function charTokenizer(characters: string, extra = 0): Tokenizer {
  const alphabet = [...characters];
  const ids = new Map(alphabet.map((character, id) => [character, id]));
  const vocabSize = alphabet.length + 1 + extra;
  return {
    kind: 'char',
    vocabSize,
    modelVocabSize: vocabSize,
    endOfText: vocabSize - 1,
    encode: (text) => Uint32Array.from([...text], (character) => ids.get(character)!),
    decode: (tokens) => [...tokens].map((id) => alphabet[id] ?? '').join(''),
    decoder: () => {
      throw new Error('not needed here');
    },
    bytesOf: (id) => encoder.encode(alphabet[id] ?? ''),
    toJSON: () => ({ kind: 'char', characters, extra }),
  };
}

/** A folder that is gone after the test file; `write` makes files in it and returns their paths. */
export function temporaryFolder() {
  const path = mkdtempSync(join(tmpdir(), 'gpt-cli-dataset-'));
  afterAll(() => rmSync(path, { recursive: true, force: true }));
  return {
    path,
    write(name: string, content: string | Uint8Array): string {
      const file = join(path, name);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, content);
      return file;
    },
  };
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** Whole documents out of pieces. */
export async function documentsOf(pieces: AsyncIterable<TextPiece>): Promise<string[]> {
  const documents: string[] = [];
  let text = '';
  for await (const piece of pieces) {
    text += piece.text;
    if (!piece.endOfDocument) continue;
    documents.push(text);
    text = '';
  }
  if (text !== '') throw new Error('the last document has no end');
  return documents;
}

/** The same bytes or text in chunks of `size`. */
export async function* inChunks<T extends Uint8Array | string>(whole: T, size: number): AsyncGenerator<T> {
  for (let at = 0; at < whole.length; at += size) yield whole.slice(at, at + size) as T;
}

/** The GptError that the work ends in. */
export async function errorOf(work: () => unknown): Promise<GptError> {
  try {
    await work();
  } catch (error) {
    if (error instanceof GptError) return error;
    throw error;
  }
  throw new Error('no error');
}

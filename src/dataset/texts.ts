// Reads the text a person names as a stream of pieces: files, folders, globs, standard input. Never holds a whole file.
import { open } from 'node:fs/promises';
import { addAbortSignal, type Readable } from 'node:stream';
import { GptError, whyUnreadable } from '../errors.js';
import { isPipe, readPipe } from '../files/index.js';
import type { TextPiece } from '../tokenizer/types.js';
import { decodeText } from './decode.js';
import { jsonDocuments, splitDocuments } from './documents.js';
import { findSources, type Source } from './sources.js';

export interface ReadTextsOptions {
  /** Where `-` reads from; default process.stdin. */
  readonly stdin?: NodeJS.ReadableStream;
  /** The key of the text in JSONL; default `text`. */
  readonly textKey?: string;
  readonly signal?: AbortSignal | undefined;
  /** Called with the bytes just read. */
  readonly onBytes?: (count: number) => void;
}

const chunkBytes = 1 << 18;

/**
 * The texts in the order given, in pieces. Each file, each JSONL line is a document; so is each part of a file between
 * literal <|endoftext|>. Byte order marks are stripped, UTF-16 with a mark is converted, line ends are kept.
 * @throws GptError `dataset/*`: missing, empty, binary, not UTF-8, a broken JSON line
 */
export async function* readTexts(inputs: readonly string[], options: ReadTextsOptions = {}): AsyncGenerator<TextPiece> {
  yield* readSources(await findSources(inputs), options);
}

/** `readTexts` of sources already found. */
export async function* readSources(
  sources: readonly Source[],
  options: ReadTextsOptions = {},
): AsyncGenerator<TextPiece> {
  let anyText = false;
  for (const source of sources) {
    let empty = true;
    for await (const piece of readSource(source, options)) {
      empty = false;
      anyText = true;
      yield piece;
    }
    if (empty && source.explicit) throw emptyError(source.name);
  }
  if (!anyText) throw emptyError(sources.map(({ name }) => name).join(', '));
}

function readSource(source: Source, options: ReadTextsOptions): AsyncGenerator<TextPiece> {
  const text = decodeText(readBytes(source, options), source.name);
  return source.format === 'jsonl' ? jsonDocuments(text, source.name, options.textKey ?? 'text') : splitDocuments(text);
}

function emptyError(name: string): GptError {
  return new GptError('dataset/empty', `${name} is empty`, { hint: 'there is no text to learn from' });
}

/** The bytes of a file in chunks that share one buffer, or those of standard input. */
export async function* readBytes(
  source: Pick<Source, 'name' | 'kind'>,
  { stdin, signal, onBytes }: ReadTextsOptions = {},
): AsyncGenerator<Uint8Array | string> {
  if (source.kind === 'stdin') {
    for await (const chunk of stoppable(stdin ?? process.stdin, signal)) {
      onBytes?.(chunk.length);
      yield chunk;
    }
    return;
  }
  if (isPipe(source.name)) {
    for await (const chunk of readPipe(source.name, signal)) {
      onBytes?.(chunk.length);
      yield chunk;
    }
    return;
  }
  const handle = await openFile(source.name);
  try {
    const buffer = Buffer.allocUnsafe(chunkBytes);
    for (;;) {
      signal?.throwIfAborted();
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, null);
      if (bytesRead === 0) return;
      onBytes?.(bytesRead);
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await handle.close();
  }
}

/** The chunks of a stream; an aborted signal ends the wait for the next one, too. */
export async function* stoppable(
  stream: NodeJS.ReadableStream,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array | string> {
  yield* signal ? (addAbortSignal(signal, stream as Readable) as AsyncIterable<Uint8Array>) : stream;
}

async function openFile(name: string) {
  try {
    return await open(name, 'r');
  } catch (cause) {
    throw new GptError('dataset/unreadable', `cannot read ${name}: ${whyUnreadable(cause)}`, { cause });
  }
}

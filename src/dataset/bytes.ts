// The bytes of a file, a named pipe or standard input, in chunks; those of x.gz decompressed. Knows nothing of what they mean.
import { open } from 'node:fs/promises';
import { addAbortSignal, type Readable } from 'node:stream';
import { GptError, whyUnreadable } from '../errors.js';
import { isPipe, readPipe } from '../files/index.js';
import { isGzip } from './ending.js';
import { gunzip } from './gunzip.js';
import type { Source } from './sources.js';

export interface ReadBytesOptions {
  /** Where `-` reads from; default process.stdin. */
  readonly stdin?: NodeJS.ReadableStream;
  readonly signal?: AbortSignal | undefined;
  /** Called with the bytes just read. */
  readonly onBytes?: ((count: number) => void) | undefined;
}

const chunkBytes = 1 << 18;

/**
 * The bytes of a file in chunks that share one buffer, or those of standard input. A file that is called .gz is decompressed;
 * `onBytes` hears of its bytes on the disk.
 */
export function readBytes(
  source: Pick<Source, 'name' | 'kind'>,
  options: ReadBytesOptions = {},
): AsyncGenerator<Uint8Array | string> {
  const bytes = readStored(source, options);
  return source.kind === 'file' && isGzip(source.name) ? gunzip(bytes, source.name) : bytes;
}

async function* readStored(
  source: Pick<Source, 'name' | 'kind'>,
  { stdin, signal, onBytes }: ReadBytesOptions,
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
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, null).catch((cause: unknown) => {
        throw unreadable(source.name, cause);
      });
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
    throw unreadable(name, cause);
  }
}

/** A folder opens, and only then cannot be read. */
function unreadable(name: string, cause: unknown): GptError {
  return new GptError('dataset/unreadable', `cannot read ${name}: ${whyUnreadable(cause)}`, { cause });
}

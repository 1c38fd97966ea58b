// A corpus: text of any size as one token file on disk, split into training and validation part. Memory stays flat:
// text streams in, tokens stream out, batches are read by position.
import { closeSync, openSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { GptError } from '../errors.js';
import { AtomicFile, makeFolder, replaceFile } from '../files/index.js';
import type { TextPiece, Tokenizer } from '../tokenizer/types.js';
import { type CorpusMeta, corpusVersion, fingerprint, readMeta } from './meta.js';
import { PieceEncoder, tokenBytes } from './piece-encoder.js';
import { PieceCutter } from './pieces.js';
import { DocumentHasher, documentHashes } from './repeated.js';
import { findSources, type Source } from './sources.js';
import { FileSpan, type TokenSpan, type TokenType, tokenTypeFor } from './span.js';
import { readSources } from './texts.js';
import { writeError } from './write-error.js';
import { TokenWriter } from './writer.js';

export interface Corpus {
  readonly train: TokenSpan;
  /** Of length 0 when valSplit is 0. */
  readonly validation: TokenSpan;
  /** UTF-8 bytes of the validation text: bits per byte = loss / ln 2 * validation.length / valBytes. */
  readonly valBytes: number;
  readonly meta: CorpusMeta;
  close(): void;
}

export interface CorpusProgress {
  /** Bytes of the sources read so far. */
  readonly bytes: number;
  /** Bytes in all, where every source is a file. */
  readonly totalBytes: number | undefined;
  readonly tokens: number;
}

export interface BuildCorpusOptions {
  /** Files, folders, globs, `-`; or give `texts`. */
  readonly inputs?: readonly string[];
  readonly texts?: AsyncIterable<TextPiece> | Iterable<TextPiece>;
  readonly tokenizer: Tokenizer;
  readonly directory: string;
  /** The part kept for validation, in [0, 1): the last one. */
  readonly valSplit: number;
  /** A file, folder or glob whose text is kept for validation instead. Not with `texts`. */
  readonly validation?: string | undefined;
  readonly textKey?: string;
  readonly stdin?: NodeJS.ReadableStream;
  readonly onProgress?: (progress: CorpusProgress) => void;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Tokenizes text to `directory`/tokens.bin and meta.json and opens them. Documents are separated by the tokenizer's
 * end of text; after the last one there is none. Both files are written aside and renamed, meta.json last: a build that
 * was killed is not taken for a whole one. tokens.bin is little-endian.
 * @throws GptError `dataset/*` (a full disk is `dataset/write`); an aborted signal's reason
 */
export async function buildCorpus(options: BuildCorpusOptions): Promise<Corpus> {
  const { tokenizer, directory, validation } = options;
  const valSplit = validation === undefined ? options.valSplit : 0;
  if (!(valSplit >= 0 && valSplit < 1)) {
    throw new GptError('dataset/val-split', `val-split (${valSplit}) is not in [0, 1)`, {
      hint: 'try --val-split 0.1',
    });
  }
  const train = options.texts === undefined ? await findSources(options.inputs ?? []) : [];
  const held = validation === undefined ? [] : await findSources([validation]);
  const sources = [...train, ...held];
  const path = join(directory, 'tokens.bin');
  const dtype = tokenTypeFor(tokenizer.vocabSize);
  let file: AtomicFile | undefined;
  try {
    await makeFolder(directory);
    await rm(join(directory, 'meta.json'), { force: true });
    file = await AtomicFile.create(path);
    const written = await writeTokens(file.handle.fd, dtype, { train, held }, options);
    const { tokens, documents, documentsOf, repeated, unknown, sha256 } = written;
    if (tokens === 0)
      throw new GptError('dataset/empty', 'the text is empty', { hint: 'there is no text to learn from' });
    const trainTokens = written.trainTokens ?? trainLength(tokens, valSplit);
    const { trainBytes, valBytes } = countBytes(
      file.temporary,
      dtype,
      tokens,
      trainTokens,
      tokenBytes(tokenizer, unknown),
    );
    const meta: CorpusMeta = {
      version: corpusVersion,
      dtype,
      tokens,
      trainTokens,
      validationTokens: tokens - trainTokens,
      valSplit,
      documents,
      bytes: trainBytes + valBytes,
      valBytes,
      ...(unknown.tokens > 0 && { unknown }),
      ...(repeated > 0 && { repeated }),
      sha256,
      tokenizer: {
        kind: tokenizer.kind,
        vocabSize: tokenizer.vocabSize,
        endOfText: tokenizer.endOfText,
        fingerprint: fingerprint(tokenizer),
      },
      sources: sources.map(({ name, size, mtimeMs }, i) => ({ name, size, mtimeMs, documents: documentsOf[i] ?? 0 })),
    };
    await file.commit();
    await replaceFile(join(directory, 'meta.json'), `${JSON.stringify(meta, null, 2)}\n`);
  } catch (error) {
    await file?.abandon();
    throw writeError(error, directory);
  }
  return openCorpus(directory);
}

/** How many tokens train: the first `floor(n * (1 - valSplit))`, safe against 10 * (1 - 0.9) being 0.9999999999999998. */
export function trainLength(tokens: number, valSplit: number): number {
  return Math.floor(tokens * (1 - valSplit) * (1 + 2 ** -50));
}

interface Parts {
  readonly train: readonly Source[];
  /** What is kept for validation; empty where that is a share of all. */
  readonly held: readonly Source[];
}

async function writeTokens(file: number, dtype: TokenType, { train, held }: Parts, options: BuildCorpusOptions) {
  const { tokenizer, onProgress, signal, textKey, stdin } = options;
  const sources = [...train, ...held];
  const totalBytes =
    sources.length > 0 && sources.every(({ kind }) => kind === 'file')
      ? sources.reduce((sum, { size }) => sum + size, 0)
      : undefined;
  let bytes = 0;
  const onBytes = (count: number) => {
    bytes += count;
  };
  const documentsOf: number[] = []; // of each source
  let trainTokens: number | undefined; // once the validation text begins
  const onSource = () => {
    if (held.length > 0 && documentsOf.length === train.length) trainTokens = writer.length;
    documentsOf.push(0);
  };
  const how = { signal, ...(textKey && { textKey }), ...(stdin && { stdin }) };
  const reading = { ...how, onBytes, onSource };
  const heldOut = held.length > 0 ? await documentHashes(readSources(held, how)) : undefined;
  const hasher = heldOut && new DocumentHasher();
  let repeated = 0;
  const texts = options.texts ?? readSources(sources, reading);
  const separator = Uint32Array.of(tokenizer.endOfText);
  const cutter = new PieceCutter();
  const writer = new TokenWriter(file, dtype);
  const encoder = new PieceEncoder(tokenizer, (ids) => writer.push(ids));
  let documents = 0;
  let open = false; // whether the document so far has text
  for await (const { text, endOfDocument } of texts) {
    signal?.throwIfAborted();
    if (hasher && trainTokens === undefined) {
      const digest = hasher.add({ text, endOfDocument });
      if (digest !== undefined && heldOut!.has(digest)) repeated++;
    }
    if (text !== '' && !open) {
      if (documents++ > 0) writer.push(separator);
      if (documentsOf.length > 0) documentsOf[documentsOf.length - 1]!++;
      open = true;
    }
    for (const piece of cutter.push(text)) encoder.push(piece);
    if (endOfDocument) {
      encoder.push(cutter.flush());
      encoder.endDocument();
      open = false;
    }
    onProgress?.({ bytes, totalBytes, tokens: writer.length });
  }
  encoder.push(cutter.flush());
  const { unknown } = encoder;
  return { tokens: writer.length, trainTokens, documents, documentsOf, repeated, unknown, sha256: writer.finish() };
}

/** The UTF-8 bytes that the two parts of a token file stand for. */
function countBytes(path: string, dtype: TokenType, tokens: number, trainTokens: number, lengths: Float64Array) {
  const file = openSync(path, 'r');
  const sum = (first: number, end: number) => {
    const span = new FileSpan('token', file, dtype, first, end - first);
    let bytes = 0;
    for (let at = 0; at < span.length; at += 1 << 16) {
      for (const id of span.read(at, Math.min(1 << 16, span.length - at))) bytes += lengths[id]!;
    }
    return Math.round(bytes);
  };
  try {
    return { trainBytes: sum(0, trainTokens), valBytes: sum(trainTokens, tokens) };
  } finally {
    closeSync(file);
  }
}

/**
 * Opens what `buildCorpus` wrote. Close it when done.
 * @param tokenizer the one it is to be used with; another one is an error (`dataset/other-tokenizer`)
 * @throws GptError `dataset/no-corpus`, `dataset/corpus-version`, `dataset/corpus-broken`
 */
export function openCorpus(directory: string, tokenizer?: Tokenizer): Corpus {
  const meta = readMeta(directory);
  if (tokenizer !== undefined && fingerprint(tokenizer) !== meta.tokenizer.fingerprint) {
    throw new GptError(
      'dataset/other-tokenizer',
      `${directory} was tokenized by another ${meta.tokenizer.kind} tokenizer`,
      {
        hint: 'delete the folder: it is built again from the text',
      },
    );
  }
  const file = openSync(join(directory, 'tokens.bin'), 'r');
  return {
    train: new FileSpan('training', file, meta.dtype, 0, meta.trainTokens),
    validation: new FileSpan('validation', file, meta.dtype, meta.trainTokens, meta.validationTokens),
    valBytes: meta.valBytes,
    meta,
    close: () => closeSync(file),
  };
}

// An index of a token span on disk: where each n-gram stands that begins at a multiple of n. A passage of at least 2n - 1
// tokens holds one of those wholly, so that who looks up every n-gram of another text finds every such passage (BLAT's tiles:
// Kent 2002). 8 / n bytes for each token; built by counting, in passes over the tokens, in a fixed amount of memory.
//
// The file: a header of JSON padded with blanks, then for each bucket its first entry (uint32), then the entries, two uint32
// each, by bucket and position: the rest of the hash, and the number of the n-gram.
import { closeSync, openSync, readSync } from 'node:fs';
import type { TokenSpan } from '../dataset/index.js';
import { AtomicFile, statIfThere } from '../files/index.js';
import { bucketCount, GramHash } from './gram-hash.js';

const format = 'gpt-cli-ngrams';
const version = 1;
const headerBytes = 512;
const directoryBytes = 4 * (bucketCount + 1);
const entryBytes = 8;

/** Entries that are sorted in memory at once: 64 MB. */
const chunkEntries = 1 << 23;

/** What an index is of. */
export interface IndexedText {
  /** Of the token file. */
  readonly sha256: string;
  readonly tokens: number;
}

interface Header extends IndexedText {
  readonly format: typeof format;
  readonly version: typeof version;
  readonly gram: number;
}

export interface BuildIndexOptions {
  /** n */
  readonly gram: number;
  readonly sha256: string;
  readonly signal?: AbortSignal | undefined;
  readonly report?: (done: number, total: number) => void;
  /** Entries sorted at once; for tests. */
  readonly chunk?: number;
}

/**
 * Writes the index of a span to `path`: complete or absent.
 * @throws what the system refuses; an aborted signal's reason
 */
export async function buildNgramIndex(span: TokenSpan, path: string, options: BuildIndexOptions): Promise<void> {
  const { gram, sha256, signal, report, chunk = chunkEntries } = options;
  const entries = Math.floor(span.length / gram);
  const total = span.length * (1 + Math.ceil(entries / chunk));
  let before = 0;
  const pass = async (each: GramVisitor) => {
    await visitGrams(span, gram, each, signal, (done) => report?.(before + done, total));
    before += span.length;
  };
  const file = await AtomicFile.create(path);
  try {
    const starts = new Uint32Array(bucketCount + 1);
    await pass(({ bucket }) => starts[bucket + 1]!++);
    for (let bucket = 0; bucket < bucketCount; bucket++) starts[bucket + 1]! += starts[bucket]!;
    const header: Header = { format, version, sha256, tokens: span.length, gram };
    await file.write(JSON.stringify(header).padEnd(headerBytes));
    await file.write(bytesOf(starts));
    const sorted = new Uint32Array(2 * Math.min(chunk, entries));
    for (let from = 0; from < entries; from += chunk) {
      const to = Math.min(entries, from + chunk);
      const next = starts.slice();
      await pass(({ bucket, check }, number) => {
        const at = next[bucket]!++;
        if (at < from || at >= to) return;
        sorted[2 * (at - from)] = check;
        sorted[2 * (at - from) + 1] = number;
      });
      await file.write(bytesOf(sorted.subarray(0, 2 * (to - from))));
    }
    await file.commit();
  } catch (error) {
    await file.abandon();
    throw error;
  }
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Uint32Array) => new Uint8Array(buffer, byteOffset, byteLength);

type GramVisitor = (hash: GramHash, number: number) => void;

/** Tokens read at once. */
const blockTokens = 1 << 18;

/** Every n-gram that begins at a multiple of n. Between blocks others have their turn: Ctrl-C, a progress bar. */
async function visitGrams(
  span: TokenSpan,
  gram: number,
  each: GramVisitor,
  signal: AbortSignal | undefined,
  report: (done: number) => void,
): Promise<void> {
  const hash = new GramHash();
  const block = gram * Math.ceil(blockTokens / gram);
  for (let first = 0; first < span.length; first += block) {
    signal?.throwIfAborted();
    const tokens = span.read(first, Math.min(block, span.length - first));
    for (let at = 0; at + gram <= tokens.length; at += gram) each(hash.of(tokens, at, gram), (first + at) / gram);
    report(first + tokens.length);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** N-grams that stand at more places than this are too frequent to be looked up. */
const mostPlaces = 1 << 14;

/** An index that is open. */
export class NgramIndex {
  private readonly hash = new GramHash();
  private entries = new Uint32Array(0);

  private constructor(
    private readonly file: number,
    /** n */
    readonly gram: number,
    private readonly starts: Uint32Array,
    /** Bytes of the file. */
    readonly size: number,
  ) {}

  /** Opens an index, or returns undefined where there is none of this text that finds passages of `minMatch` tokens. */
  static open(path: string, { sha256, tokens }: IndexedText, minMatch: number): NgramIndex | undefined {
    const size = statIfThere(path)?.size;
    if (size === undefined || size < headerBytes + directoryBytes) return undefined;
    const file = openSync(path, 'r');
    let index: NgramIndex | undefined;
    try {
      const head = Buffer.alloc(headerBytes);
      readSync(file, head, 0, headerBytes, 0);
      const header = parseHeader(head.toString('utf8'));
      const isOf = header?.sha256 === sha256 && header.tokens === tokens;
      if (!header || !isOf || !(header.gram <= longestGram(minMatch))) return undefined;
      if (size !== headerBytes + directoryBytes + entryBytes * Math.floor(tokens / header.gram)) return undefined;
      const starts = new Uint32Array(bucketCount + 1);
      readSync(file, bytesOf(starts), 0, directoryBytes, headerBytes);
      index = new NgramIndex(file, header.gram, starts, size);
      return index;
    } finally {
      if (!index) closeSync(file);
    }
  }

  /**
   * Where the n-gram of `tokens` that begins at `at` may stand, by position; hashes can collide. Undefined: at too many places.
   */
  places(tokens: ArrayLike<number>, at: number): number[] | undefined {
    const { bucket, check } = this.hash.of(tokens, at, this.gram);
    const first = this.starts[bucket]!;
    const count = this.starts[bucket + 1]! - first;
    if (count > 8 * mostPlaces) return undefined;
    if (this.entries.length < 2 * count) this.entries = new Uint32Array(2 * count);
    const entries = this.entries.subarray(0, 2 * count);
    readSync(this.file, bytesOf(entries), 0, entryBytes * count, headerBytes + directoryBytes + entryBytes * first);
    const places: number[] = [];
    for (let i = 0; i < entries.length; i += 2) if (entries[i] === check) places.push(entries[i + 1]! * this.gram);
    return places.length > mostPlaces ? undefined : places;
  }

  close(): void {
    closeSync(this.file);
  }
}

function parseHeader(text: string): Header | undefined {
  try {
    const header = JSON.parse(text) as Header;
    return header.format === format && header.version === version && header.gram >= 1 ? header : undefined;
  } catch {
    return undefined;
  }
}

/** The largest n whose index finds every passage of `minMatch` tokens. */
export const longestGram = (minMatch: number) => Math.min(16, (minMatch + 1) >> 1);

// Byte-level BPE as a Tokenizer: words -> bytes -> ids -> merged ids, with a cache of words. Knows no file format; the
// JSON it came from is kept to be written again.
import { GptError } from '../errors.js';
import type { AddedTokens } from './added-tokens.js';
import { IdBuffer } from './id-buffer.js';
import { type Merges, mergeWord } from './merge.js';
import { ownCopy } from './own-copy.js';
import type { EachWord } from './pre-tokenizer.js';
import type { TokenTable } from './token-table.js';
import type { EncodeOptions, StreamDecoder, Tokenizer } from './types.js';

export interface BpeParts {
  readonly kind: 'byte' | 'bpe';
  readonly table: TokenTable;
  readonly modelVocabSize: number;
  readonly endOfText: number;
  /** The id of each byte alone; -1 where the vocabulary has none. */
  readonly byteIds: Int32Array;
  readonly merges: Merges;
  readonly added: AddedTokens;
  readonly eachWord: EachWord;
  /** Ids of whole words that are taken before any merging (`ignore_merges`). */
  readonly wholeWord?: ((bytes: Uint8Array) => number | undefined) | undefined;
  readonly unknownId?: number | undefined;
  readonly json: unknown;
}

const longestCached = 64;
const cachedWords = 1 << 16;
const cacheRoom = 1 << 20; // ids

export class BpeTokenizer implements Tokenizer {
  readonly kind: 'byte' | 'bpe';
  readonly vocabSize: number;
  readonly modelVocabSize: number;
  readonly endOfText: number;
  /** Word -> where its ids lie in `cacheIds`: start * 128 + length. */
  private readonly cache = new Map<string, number>();
  private cacheIds: Int32Array = new Int32Array(1024);
  private cacheUsed = 0;
  private bytes = new Uint8Array(256);
  private ids = new Int32Array(256);

  constructor(private readonly parts: BpeParts) {
    this.kind = parts.kind;
    this.vocabSize = parts.table.size;
    this.modelVocabSize = parts.modelVocabSize;
    this.endOfText = parts.endOfText;
  }

  encode(text: string, options: EncodeOptions = {}): Uint32Array {
    const { added, eachWord } = this.parts;
    const out = new IdBuffer(text.length >> 1);
    const visit = (word: string) => this.encodeWord(word, out);
    added.split(text, options.special === true, {
      text: (stretch, start) => eachWord(stretch, visit, start ? options.before : undefined),
      token: (id) => out.push(id),
    });
    return out.take();
  }

  decode(ids: Iterable<number>, options: { special?: boolean } = {}): string {
    return this.parts.table.decode(ids, options.special);
  }

  decoder(): StreamDecoder {
    return this.parts.table.decoder();
  }

  bytesOf(id: number): Uint8Array {
    return this.parts.table.bytesOf(id);
  }

  toJSON(): unknown {
    return this.parts.json;
  }

  private encodeWord(word: string, out: IdBuffer): void {
    const hit = this.cache.get(word);
    if (hit !== undefined) {
      const start = hit >>> 7;
      out.append(this.cacheIds, start, start + (hit & 127));
      return;
    }
    const length = this.mergeBytes(word);
    out.append(this.ids, 0, length);
    if (word.length <= longestCached && length < 128) this.remember(word, length);
  }

  /** Leaves the word's ids in `this.ids` and returns how many. A lone surrogate becomes U+FFFD here. */
  private mergeBytes(word: string): number {
    if (this.bytes.length < word.length * 3) {
      this.bytes = new Uint8Array(word.length * 3);
      this.ids = new Int32Array(word.length * 3);
    }
    const { bytes, ids } = this;
    const { byteIds, wholeWord, merges } = this.parts;
    const count = encoder.encodeInto(word, bytes).written;
    const whole = wholeWord?.(bytes.subarray(0, count));
    if (whole !== undefined) {
      ids[0] = whole;
      return 1;
    }
    for (let i = 0; i < count; i++) {
      const id = byteIds[bytes[i]!]!;
      ids[i] = id >= 0 ? id : this.missing(bytes[i]!);
    }
    return mergeWord(ids, count, merges);
  }

  private missing(byte: number): number {
    if (this.parts.unknownId !== undefined) return this.parts.unknownId;
    throw new GptError('tokenizer/alphabet', `the tokenizer has no token for the byte 0x${byte.toString(16)}`, {
      hint: 'train a tokenizer with gpt-cli tokenizer train: its alphabet holds every byte',
    });
  }

  private remember(word: string, length: number): void {
    if (this.cache.size >= cachedWords || this.cacheUsed + length > cacheRoom) {
      this.cache.clear();
      this.cacheUsed = 0;
    }
    if (this.cacheUsed + length > this.cacheIds.length) {
      const longer = new Int32Array(this.cacheIds.length * 2);
      longer.set(this.cacheIds);
      this.cacheIds = longer;
    }
    for (let i = 0; i < length; i++) this.cacheIds[this.cacheUsed + i] = this.ids[i]!;
    this.cache.set(ownCopy(word), this.cacheUsed * 128 + length);
    this.cacheUsed += length;
  }
}

const encoder = new TextEncoder();
